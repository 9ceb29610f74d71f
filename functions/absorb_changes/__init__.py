"""Merges what the systems show into our records."""
