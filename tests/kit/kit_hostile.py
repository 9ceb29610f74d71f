"""A connector that misbehaves, in every way that the kit must notice: one class a sin, laid over a good connector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count

from shared.core.commands import Archive, Command
from shared.core.observations import (
    Accepted,
    Answer,
    Gone,
    Invalid,
    Observation,
    Revision,
    Shown,
    Trouble,
)
from shared.ports.system import Key, Listing, Page
from tests.kit.kit_bench import Stand

Found = Mapping[Key, tuple[Observation | Invalid, ...]]


class Hostile:
    """Does as the good connector does; a sin changes one thing."""

    def __init__(self, stand: Stand) -> None:
        self.good = stand.system
        self.stand = stand
        self.name = stand.system.name
        self._numbers = count(1000)

    def close(self) -> None:
        """Close the good connector's connections."""
        close = getattr(self.good, "close", None)
        if close is not None:
            close()

    def changed_since(self, entity: str, cursor: str | None) -> Page | Trouble:
        """Return what changed."""
        return self.good.changed_since(entity, cursor)

    def list(self, entity: str, cursor: str | None) -> Listing | Trouble:
        """Return all records."""
        return self.good.list(entity, cursor)

    def fetch(self, entity: str, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        """Return what is shown."""
        found = self.good.fetch(entity, ids)
        return found if isinstance(found, Trouble) else {each: self.tell(shown) for each, shown in found.items()}

    def find(self, entity: str, keys: Sequence[Key]) -> Found | Trouble:
        """Return what shows the keys."""
        return self.good.find(entity, keys)

    def write(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        """Carry out commands."""
        return [self.answer(each) for each in self.good.write(entity, [self.send(each) for each in commands])]

    def tell(self, shown: Shown) -> Shown:
        """Change what is shown."""
        return shown

    def send(self, command: Command) -> Command:
        """Change what is sent."""
        return command

    def answer(self, answer: Answer) -> Answer:
        """Change what is answered."""
        return answer


class ForgetsTheLast(Hostile):
    """Loses the last record of each page."""

    def list(self, entity: str, cursor: str | None) -> Listing | Trouble:
        page = super().list(entity, cursor)
        return page if isinstance(page, Trouble) else replace(page, entries=page.entries[:-1])

    def changed_since(self, entity: str, cursor: str | None) -> Page | Trouble:
        page = super().changed_since(entity, cursor)
        return page if isinstance(page, Trouble) else replace(page, observations=page.observations[:-1])


class Endless(Hostile):
    """Always says that more follow."""

    def list(self, entity: str, cursor: str | None) -> Listing | Trouble:
        page = super().list(entity, cursor)
        return page if isinstance(page, Trouble) else replace(page, more=True)


class StopsEarly(Hostile):
    """Takes the first page for the whole."""

    def changed_since(self, entity: str, cursor: str | None) -> Page | Trouble:
        page = super().changed_since(entity, cursor)
        return page if isinstance(page, Trouble) else replace(page, more=False)


class ForgetsTheCursor(Hostile):
    """Begins anew with every poll."""

    def changed_since(self, entity: str, cursor: str | None) -> Page | Trouble:
        del cursor
        page = super().changed_since(entity, None)
        return page if isinstance(page, Trouble) else replace(page, more=False)


class SeesNothingLate(Hostile):
    """Has no overlap."""

    def changed_since(self, entity: str, cursor: str | None) -> Page | Trouble:
        page = super().changed_since(entity, cursor)
        if cursor is None or isinstance(page, Trouble):
            return page
        return replace(page, observations=(), ids=())


class LeavesOutWhatIsGone(Hostile):
    """Answers only the ids that are there."""

    def fetch(self, entity: str, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        found = super().fetch(entity, ids)
        return found if isinstance(found, Trouble) else {e: s for e, s in found.items() if not isinstance(s, Gone)}


class _Retells(Hostile):
    def tell(self, shown: Shown) -> Shown:
        return self.retell(shown) if isinstance(shown, Observation) else shown

    def retell(self, shown: Observation) -> Observation:
        """Change an observation."""
        return shown


class OmitsWhatIsEmpty(_Retells):
    """Takes nothing for not carried."""

    def retell(self, shown: Observation) -> Observation:
        return replace(shown, fields={path: value for path, value in shown.fields.items() if value})


class TakesHiddenForEmpty(_Retells):
    """Takes what it may not see for nothing."""

    def retell(self, shown: Observation) -> Observation:
        return replace(shown, fields={"phone": None, **shown.fields}, complete=True)


class TakesEmptyForNothing(_Retells):
    """Takes an empty text for nothing."""

    def retell(self, shown: Observation) -> Observation:
        return replace(shown, fields={path: None if value == "" else value for path, value in shown.fields.items()})


class LivesInAnotherZone(_Retells):
    """Takes the partner's local time for UTC."""

    def retell(self, shown: Observation) -> Observation:
        return replace(shown, modified_at=shown.modified_at and shown.modified_at + timedelta(hours=2))


class ShowsNoReference(_Retells):
    """Does not read our reference."""

    def retell(self, shown: Observation) -> Observation:
        return replace(shown, reference=None)


class ShowsNoRevision(_Retells):
    """Promises exact revisions and shows none."""

    def retell(self, shown: Observation) -> Observation:
        return replace(shown, revision=None)


class NeverAges(_Retells):
    """Shows one revision for ever."""

    def retell(self, shown: Observation) -> Observation:
        return replace(shown, revision=Revision("1", 1, exact=True))


class FindsNothing(Hostile):
    """Finds nothing."""

    def find(self, entity: str, keys: Sequence[Key]) -> Found | Trouble:
        del entity
        return dict.fromkeys(keys, ())


class OnlySaysSo(Hostile):
    """Says that it archived."""

    def write(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        if isinstance(commands[0], Archive):
            return [Accepted(each.external_id) for each in commands if isinstance(each, Archive)]
        return super().write(entity, commands)
