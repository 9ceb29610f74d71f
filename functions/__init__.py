"""One folder per Lambda function: its handler parses, calls one flow, answers."""
