"""What a system is told to do with one record: the commands that go out through the connector port.

Paths carry *our* element keys; references are `Reference`s of the target system.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from shared.core.observations import Revision
from shared.core.values import Value


@dataclass(frozen=True, slots=True)
class Create:
    """Make a record that carries our reference (`record_id`) if the system has a place for it."""

    record_id: str
    fields: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Update:
    """Change the given fields and nothing else.

    `elements` maps our element keys to the partner's ids; an element path of a key that is missing there is a new
    element, `lines[k]` = False removes one. `whole` holds the record's present values of every element of the touched
    collections, for partners that take such a collection only as a whole. `precondition` is the exact revision that
    must still hold, if any.
    """

    record_id: str
    external_id: str
    fields: Mapping[str, Value]
    precondition: Revision | None = None
    elements: Mapping[str, str] = field(default_factory=dict)
    whole: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Archive:
    """End the record's life in this system, in the way that the system has (archive, deactivate, cancel)."""

    record_id: str
    external_id: str
    precondition: Revision | None = None


Command: TypeAlias = Create | Update | Archive
