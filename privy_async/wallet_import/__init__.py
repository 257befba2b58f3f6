"""Private keys and seed phrases to bring in: checked and derived before they are sealed.

Nothing in it is public: use `privy.wallets.import_private_key` and its likes.
"""
