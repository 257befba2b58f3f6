"""The keys of wallets, users and endpoints, and the addresses of every chain."""
