"""The `tandem` command: what an operator asks of a running stack, here or in AWS, by AWS's own APIs alone."""
