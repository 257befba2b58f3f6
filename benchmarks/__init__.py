"""Measurements, side by side in one run: `make bench`, or `make bench-quick`."""
