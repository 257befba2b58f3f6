"""Operations on wallets, and what they sign and send."""
