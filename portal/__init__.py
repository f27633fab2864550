"""Portevoix: an anonymous reporting portal for the sexual exploitation of children."""
