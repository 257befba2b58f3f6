"""The operations of Privy's API: one file a resource, its values first, then its calls."""
