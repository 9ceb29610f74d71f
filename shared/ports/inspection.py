"""The optional port of a connector that can tell how its system is set up; every verb reads only.

What it tells is held against the mapping by `shared.core.inspection`. It makes calls of its own, beside those of the
flows: credentials are tried afresh, and what is refused here trips nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from shared.core.inspection import Described, Finding
from shared.core.observations import Trouble


@dataclass(frozen=True, slots=True)
class Greeted:
    """The system takes our credentials: its clock as the answer shows it, and what else that answer told."""

    at: datetime | None
    told: tuple[Finding, ...] = ()


class Inspector(Protocol):
    """Asks one system about itself. `describes` says that its fields are told by a description of its own, and not
    by some of its records."""

    describes: bool

    def greet(self) -> Greeted | Trouble:
        """Make the cheapest call that needs our credentials."""

    def describe(self, entity: str) -> Sequence[Described] | Trouble:
        """Return the object type of an entity, then those of its elements, as far as the system tells."""

    def webhooks(self) -> Sequence[Finding]:
        """Return how its webhooks are set up, as far as that can be seen, and what to set."""

    def close(self) -> None:
        """Close the connections that were opened."""


@runtime_checkable
class Inspectable(Protocol):
    """A system whose connector can tell how it is set up."""

    def inspector(self) -> Inspector:
        """Return what asks it, with a session of its own."""
