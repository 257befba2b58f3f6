"""Everything the sandbox remembers, as plain values."""
