"""What a failed call to AWS means: try again, or a person is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from shared.core.errors import BadSettings, NeedsAPerson, TryAgain

BUSY = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "ThrottlingException",
        "ThrottlingError",
        "Throttling",
        "TransactionConflictException",
        "TransactionConflict",
        "TransactionInProgressException",
    }
)
"""Codes that only say: not now."""

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnrecognizedClientException", "AuthorizationError"})
_MISSING = frozenset(
    {"ResourceNotFoundException", "NotFound", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"}
)
_SENSELESS = frozenset(
    {"ValidationException", "ValidationError", "InvalidMessageContents", "ItemCollectionSizeLimitExceeded"}
)


def code_of(error: ClientError) -> str:
    """Return AWS's code of a failure."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn what botocore raises into this project's errors; `what` says in words what was tried, without payload."""
    try:
        yield
    except ClientError as error:
        raise _meaning(code_of(error), what) from error
    except ParamValidationError as error:
        raise BadSettings(
            "a name in the call is empty or wrong", what, "look at NEEDS in shared/aws/settings.py"
        ) from error
    except BotoCoreError as error:
        raise TryAgain(f"{what}: AWS gave no answer ({type(error).__name__})") from error


def has_held(write: Callable[[], object], what: str) -> bool:
    """Make a conditional write and tell whether its condition held."""
    with explained(what):
        try:
            write()
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return False
            raise
    return True


def _meaning(code: str, what: str) -> Exception:
    if code in _DENIED:
        return BadSettings(f"AWS refuses it ({code})", what, "look at the role of this function")
    if code in _MISSING:
        return BadSettings(f"it does not exist ({code})", what, "deploy the template again")
    if code in _SENSELESS:
        return NeedsAPerson(f"{what}: AWS cannot take it ({code})")
    return TryAgain(f"{what}: {code}")
