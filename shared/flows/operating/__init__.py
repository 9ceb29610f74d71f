"""What operators do, one verb per file: over the same parts as every flow, answering plain data."""
