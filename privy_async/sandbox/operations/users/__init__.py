"""Operations on users, their accounts, log-ins and keys."""
