"""Operations on the app and its organizations."""
