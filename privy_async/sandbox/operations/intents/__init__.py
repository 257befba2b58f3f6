"""Intents: what is proposed, who has agreed to it, and what then happens."""
