"""Mutation testing: small changes of the code, each of which some quick test must notice."""
