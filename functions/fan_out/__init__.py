"""Carries every change of a record on."""
