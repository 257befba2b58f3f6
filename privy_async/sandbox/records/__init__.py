"""What the sandbox remembers, as plain values."""
