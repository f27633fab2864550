"""Figures of a desk (docs/statistics.md)."""
