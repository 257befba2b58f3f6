"""Those who race: each a process of its own that is told how often and how many at once."""
