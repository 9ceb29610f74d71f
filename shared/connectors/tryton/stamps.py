"""The revision of a record and its children, and the locks that guard a write.

Every Tryton record has a `_timestamp`: the microsecond of its last change, to five digits. A change of an address, a
contact mechanism or a line that is made directly leaves the parent's `_timestamp` alone, and so does removing one. So
a revision of ours is made of all of them: the latest, for the order, and a digest of every one with its id, so that no
two states share it. A write sends the `_timestamp` of each record that it touches (context key `_timestamp`); a stale
one fails the whole call with ConcurrencyException. Timestamps of records that the call does not touch are not looked
at, which is why `same` compares the whole digest with what was read right before the write.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b

from shared.connectors.tryton.wire import Row
from shared.core.observations import Revision

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stamps:
    """The `_timestamp` of each record that makes up one of ours, by `model,id`."""

    by_record: Mapping[str, str]

    @property
    def revision(self) -> Revision:
        """The revision of the whole: exact, in the order of the latest change."""
        latest = max(self.by_record.values(), key=Decimal)
        told = "\n".join(f"{record} {stamp}" for record, stamp in sorted(self.by_record.items()))
        digest = blake2b(told.encode(), digest_size=8).hexdigest()
        return Revision(f"{latest}-{digest}", _microseconds(latest), exact=True)

    @property
    def modified_at(self) -> datetime:
        """The moment of the latest change."""
        return _EPOCH + timedelta(microseconds=_microseconds(max(self.by_record.values(), key=Decimal)))

    def context(self) -> Mapping[str, object]:
        """The context that lets a write fail if any of the touched records has changed since."""
        return {"_timestamp": dict(self.by_record)}

    def same(self, precondition: Revision | None) -> bool:
        """Tell whether nothing has changed since a revision; true where none is asked for."""
        return precondition is None or precondition.token == self.revision.token


def stamps(*groups: tuple[str, Iterable[Row]]) -> Stamps:
    """Return the stamps of rows, given with their models."""
    return Stamps({f"{model},{row['id']}": str(row["_timestamp"]) for model, rows in groups for row in rows})


def _microseconds(stamp: str) -> int:
    return int(Decimal(stamp) * 1_000_000)
