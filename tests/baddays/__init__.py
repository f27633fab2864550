"""A portal on a bad day: what its visitors and its operator see, and that it is well again when the day is over."""
