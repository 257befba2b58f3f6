"""What policies can see of a request, chain by chain."""
