"""The refusals of DynamoDB, with AWS's codes."""

from typing import Any


class Refused(Exception):
    """An answer that is not a success: code, text and, where the code has them, further members."""

    def __init__(self, code: str, message: str, **members: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.members = code, message, members


class ConditionFailed(Refused):
    """The condition did not hold; `item` is what stood there, if the caller asked for it."""

    def __init__(self, item: dict[str, Any] | None = None) -> None:
        super().__init__("ConditionalCheckFailedException", "The conditional request failed")
        self.item = item
        if item is not None:
            self.members = {"Item": item}


def validation(message: str) -> Refused:
    """The request itself is wrong."""
    return Refused("ValidationException", message)
