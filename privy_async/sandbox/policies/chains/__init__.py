"""The parts of a request that policies can see, chain by chain."""
