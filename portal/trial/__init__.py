"""A trial on one machine: a whole set-up under ./trial, and a walk through it. Never for real reports."""
