"""The encodings that wallets are written in: hex and base64 texts, base58 and Keccak-256.

Nothing in it is public: it may change at any time.
"""
