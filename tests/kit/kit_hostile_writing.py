"""The sins of writing and of trouble; those of reading, and the connector that they lie over, are in `kit_hostile`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.core.commands import Command, Create, Update
from shared.core.observations import Accepted, Answer, Next, Refused, Shown, Stored, Trouble, Unknown
from shared.core.values import Value
from shared.ports.system import Listing, Page
from tests.kit.kit_bench import a_record_id
from tests.kit.kit_hostile import Hostile


class MixesUpFields(Hostile):
    """Sends the phone as the name."""

    def send(self, command: Command) -> Command:
        return replace(command, fields={"name": command.fields["phone"]}) if isinstance(command, Create) else command


class LosesOurReference(Hostile):
    """Sends another reference each time."""

    def send(self, command: Command) -> Command:
        return replace(command, record_id=a_record_id(next(self._numbers))) if isinstance(command, Create) else command


class TakesLostForRefused(Hostile):
    """Concludes from a lost answer that nothing was made."""

    def answer(self, answer: Answer) -> Answer:
        return Refused(Trouble(Next.RETRYABLE, "lost")) if isinstance(answer, Unknown) else answer


class AnswersBackwards(Hostile):
    """Answers in another order."""

    def write(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        return list(super().write(entity, commands))[::-1]


class HopesForTheBest(Hostile):
    """Takes what was not answered for made."""

    def answer(self, answer: Answer) -> Answer:
        return Accepted("c-1") if isinstance(answer, Unknown) else answer


class AllOrNothing(Hostile):
    """Refuses all because of one."""

    def write(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        answers = super().write(entity, commands)
        refused = [answer for answer in answers if isinstance(answer, Refused)]
        return refused * len(answers) if refused else answers


class AnswersOneBatch(Hostile):
    """Answers only the first batch."""

    def write(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        return super().write(entity, commands)[: self.stand.bench.capability.batch_size]


class ErasesTheRest(Hostile):
    """Sends empty what was not to be sent."""

    def send(self, command: Command) -> Command:
        return replace(command, fields={"phone": None, **command.fields}) if isinstance(command, Update) else command


class NeverEmpties(Hostile):
    """Leaves nothing out of an update."""

    def send(self, command: Command) -> Command:
        if not isinstance(command, Update):
            return command
        fields: dict[str, Value] = {path: "?" if value is None else value for path, value in command.fields.items()}
        return replace(command, fields=fields)


class SaysWhatWasThere(Hostile):
    """Shows another state than the stored one."""

    def answer(self, answer: Answer) -> Answer:
        if not isinstance(answer, Stored):
            return Accepted("elsewhere")
        return replace(answer, shown=replace(answer.shown, fields={**answer.shown.fields, "phone": "as before"}))


class OverwritesBlindly(Hostile):
    """Sends no precondition."""

    def send(self, command: Command) -> Command:
        return command if isinstance(command, Create) else replace(command, precondition=None)


class GivesUp(Hostile):
    """Takes every trouble for one that is for good."""

    becomes = Next.PERMANENT

    def turned(self, result: Any) -> Any:
        """Return a trouble of the other class; anything else as it is."""
        return replace(result, next=self.becomes) if isinstance(result, Trouble) else result

    def changed_since(self, entity: str, cursor: str | None) -> Page | Trouble:
        page: Page | Trouble = self.turned(super().changed_since(entity, cursor))
        return page

    def answer(self, answer: Answer) -> Answer:
        return Refused(self.turned(answer.trouble)) if isinstance(answer, Refused) else answer


class NeverGivesUp(GivesUp):
    """Takes every trouble for one that passes."""

    becomes = Next.RETRYABLE


class Insists(Hostile):
    """Sends again what may have been made."""

    def write(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        answers = super().write(entity, commands)
        return super().write(entity, commands) if any(isinstance(each, Unknown) for each in answers) else answers


class KeepsAnOldSecret(Hostile):
    """Never reads its secret again."""

    def fetch(self, entity: str, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        is_new = any(self.stand.secret[name] != value for name, value in self.stand.bench.secret.items())
        return Trouble(Next.AUTH, "http-401", whole_system=True) if is_new else super().fetch(entity, ids)


class Hammers(Hostile):
    """Tries a refused credential again and again."""

    def fetch(self, entity: str, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        for _ in range(4):
            super().fetch(entity, ids)
        return super().fetch(entity, ids)


class DoesNotListen(Hostile):
    """Drops the wait that it was told."""

    def fetch(self, entity: str, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        found = super().fetch(entity, ids)
        return replace(found, wait_seconds=None) if isinstance(found, Trouble) else found


class ShowsEmptyHands(Hostile):
    """Takes an answer that cannot be read for an empty one."""

    def changed_since(self, entity: str, cursor: str | None) -> Page | Trouble:
        page = super().changed_since(entity, cursor)
        return Page() if isinstance(page, Trouble) else page

    def list(self, entity: str, cursor: str | None) -> Listing | Trouble:
        page = super().list(entity, cursor)
        return Listing() if isinstance(page, Trouble) else page


class Gossips(Hostile):
    """Tells its secret."""

    def __repr__(self) -> str:
        return f"Gossips({self.stand.secret})"
