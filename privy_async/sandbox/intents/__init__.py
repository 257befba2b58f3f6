"""Intents: what is proposed, who has agreed to it, and when it is off."""
