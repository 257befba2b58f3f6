"""The policy engine: what a wallet's policy allows of what is asked of the wallet.

Source: https://docs.privy.io/controls/policies/overview
"""
