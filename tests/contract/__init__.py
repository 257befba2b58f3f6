"""What SDK and sandbox take for true of Privy's API, each a statement that can be checked."""
