"""Signing: the canonical payload, P-256 keys and the authorization context.

Rely on what `privy_async` exports of it; the modules may change.
"""
