"""Ways to be refused, each with what is said of it: for one test of all (`test_refusals.py`)."""
