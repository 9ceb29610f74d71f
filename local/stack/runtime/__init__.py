"""Runs handlers in this process as Lambda would: own environment, own output, a context with a deadline."""
