"""Asks the systems what changed."""
