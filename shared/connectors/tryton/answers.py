"""From the results of a batch to the port's answers: refused, unknown, or stored as read back in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.connectors.tryton.reading import Reader, is_live
from shared.connectors.tryton.rpc import Failed
from shared.connectors.tryton.wire import Row
from shared.core.observations import Accepted, Answer, Next, Refused, Source, Stored, Trouble, Unknown


def answers(reader: Reader, ids: Sequence[str | Failed]) -> list[Answer]:
    """Return an answer per result: an id is read back, all of them in one call; a failure is refused or unknown."""
    written = [each for each in ids if isinstance(each, str)]
    rows = reader.rows(written) if written else {}
    return [answer_to(each) if isinstance(each, Failed) else _stored(reader, each, rows) for each in ids]


def answer_to(failed: Failed) -> Answer:
    """Return the answer for a record whose call failed."""
    return Unknown(failed.trouble.code) if failed.unsure else Refused(failed.trouble)


def changed_meanwhile() -> Failed:
    """Return the refusal of a write whose record is no longer what it is based on."""
    return Failed(Trouble(Next.CONFLICT, "changed-meanwhile", "the record has changed since it was read"))


def gone() -> Failed:
    """Return the refusal of a write to a record that is not there any more."""
    return Failed(Trouble(Next.CONFLICT, "gone", "the record is not there any more, or is inactive"))


def refusal(code: str, message: str, field: str | None = None) -> Failed:
    """Return a refusal of our own, for good."""
    return Failed(Trouble(Next.PERMANENT, code, message, field=field))


def _stored(reader: Reader, external_id: str, rows: Mapping[str, Row] | Failed) -> Answer:
    row: Any = None if isinstance(rows, Failed) else rows.get(external_id)
    if not is_live(row):
        return Accepted(external_id)
    return Stored(external_id, replace(reader.view.observe(row), source=Source.ANSWER))
