"""Operations on policies, condition sets, aggregations and key quorums."""
