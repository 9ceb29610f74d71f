"""The whole AWS application on one machine: the deployed template on moto, its event sources driven from here."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local.stack.stack import LocalStack as LocalStack


def __getattr__(name: str) -> object:
    """`local.stack.LocalStack`, found on first use: moto costs a second to import."""
    if name != "LocalStack":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from local.stack.stack import LocalStack

    return LocalStack
