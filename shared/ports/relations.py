"""The port to the relations: what has to do with a product or a customer (`shared.core.relations`)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from shared.core.relations import Relation


class Relations(Protocol):
    """Pointers from records to records, in order of their place under their parent."""

    def put(self, relations: Collection[Relation]) -> None:
        """Put relations, in bulk; putting one again changes nothing but its quantity. Their places must differ."""

    def drop(self, relations: Collection[Relation]) -> None:
        """Take relations away, in bulk; one that is not there is no error. Their places must differ."""

    def of(self, parent: str, kind: str = "", since: str = "") -> Sequence[Relation]:
        """Return a parent's relations, all or those of one kind whose `by` is not before `since` (what follows in its
        place counts too): one query, read consistently."""
