"""The parts of the results. Each runs its contests and says what they mean."""
