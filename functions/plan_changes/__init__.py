"""Compares a system as a whole with what we saw."""
