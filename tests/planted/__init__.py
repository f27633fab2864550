"""Programs with a fault on purpose, so that a proof can show that it would find it."""
