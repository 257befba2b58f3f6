"""Those who race: each a process of its own that stays warm and is told when to work."""
