"""A system that cannot be asked, as the connector port wants it: what it pushed last is what it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from shared.core.commands import Command
from shared.core.observations import Answer, Gone, Invalid, Next, Observation, Refused, Shown, Source, Trouble
from shared.ports.mailbox import Mailbox
from shared.ports.system import Entry, Key, Listing, Page

PAGE = 200


class PushSystem:
    """The mailbox of one system; reading it is no call to a partner."""

    def __init__(self, name: str, mailbox: Mailbox) -> None:
        """Read nothing yet."""
        self.name = name
        self._mailbox = mailbox

    def changed_since(self, entity: str, cursor: str | None) -> Page | Trouble:
        """Return nothing: every push brings its own hint."""
        del entity, cursor
        return Page()

    def list(self, entity: str, cursor: str | None) -> Listing | Trouble:
        """Return a page of what was pushed and is not deleted."""
        kept = self._mailbox.page(self.name, entity, cursor, PAGE)
        entries = tuple(Entry(each.external_id, each.revision, _shown(each)) for each in kept if not each.deleted)
        return Listing(entries, kept[-1].external_id if kept else cursor, len(kept) == PAGE)

    def fetch(self, entity: str, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        """Return what was pushed last; what never was, or as deleted, is gone."""
        kept = self._mailbox.get(self.name, entity, ids)
        return {id_: Gone(id_) if id_ not in kept or kept[id_].deleted else _shown(kept[id_]) for id_ in ids}

    def find(self, entity: str, keys: Sequence[Key]) -> Mapping[Key, tuple[Observation | Invalid, ...]] | Trouble:
        """Return nothing: it can be asked for no key."""
        del entity
        return dict.fromkeys(keys, ())

    def write(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        """Refuse everything: nothing can be sent to it."""
        trouble = Trouble(Next.PERMANENT, "unsupported", f"{self.name} takes no {entity}: it only pushes")
        return [Refused(trouble) for _ in commands]


def _shown(kept: Observation) -> Observation:
    return replace(kept, source=Source.FETCHED)
