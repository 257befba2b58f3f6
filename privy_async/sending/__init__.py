"""A call on its way: from an operation and its options over signing and repeating to its outcome.

Rely on what `privy_async` exports of it; the modules may change.
"""
