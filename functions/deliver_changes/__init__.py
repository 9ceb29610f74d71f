"""Brings systems up to date with our records."""
