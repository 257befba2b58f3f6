"""What arrives from outside, checked: the tokens of users and the deliveries of webhooks.

Rely on `privy.tokens`, `privy.webhooks` and the values in `privy_async.types`.
"""
