"""The refusals of SQS, with AWS's codes."""


class QueueRefused(Exception):
    """An answer that is not a success."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message
