"""Writes to Odoo: new records many in one transaction, changes one call a record, then one read back of all.

A refused batch of new records is halved until the one that is wrong stands alone. Odoo has no precondition, so
deliver reads before it writes. An order's status is no field to be written: it is sent, confirmed and cancelled by
methods, from the state that it is in. What they did not bring about is seen when the record is read back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.connectors.odoo.api import Api, Failed
from shared.connectors.odoo.bodies import Bodies
from shared.connectors.odoo.completing import Completing
from shared.connectors.odoo.reading import Reader
from shared.connectors.odoo.settings import DELIVERY
from shared.connectors.odoo.wire import id_of
from shared.core.commands import Archive, Command, Create, Update
from shared.core.observations import Accepted, Answer, Next, Observation, Refused, Source, Stored, Trouble, Unknown

_STEPS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "placed": {"draft": ("action_quotation_sent",)},
    "confirmed": {"draft": ("action_confirm",), "sent": ("action_confirm",)},
    "cancelled": dict.fromkeys(("draft", "sent", "sale", "done"), ("action_cancel",)),
    "draft": {"cancel": ("action_draft",)},
}
"""Our status → the state that the order is in → Odoo's methods that bring it there."""


class Writer:
    """Writes one entity."""

    def __init__(self, api: Api, reader: Reader, completing: Completing, bodies: Bodies, batch_size: int) -> None:
        self._api, self._reader, self._completing, self._bodies = api, reader, completing, bodies
        self._subject = reader.subject
        self._batch_size = batch_size

    def write(self, commands: Sequence[Command]) -> list[Answer]:
        """Carry out commands; a trouble of the whole system ends the run for those that follow."""
        answers: list[Answer] = []
        for start in range(0, len(commands), self._batch_size):
            some = commands[start : start + self._batch_size]
            last = answers[-1] if answers else None
            is_over = isinstance(last, Refused) and last.trouble.whole_system
            answers += [last] * len(some) if is_over and last is not None else self._batch(some)
        return answers

    def _batch(self, commands: Sequence[Command]) -> list[Answer]:
        trouble = self._bodies.learn(commands)
        if trouble is not None:
            return [Refused(trouble)] * len(commands)
        creates = [each for each in commands if isinstance(each, Create)]
        made = iter(self._created(creates, [self._bodies.for_create(each) for each in creates]))
        held = self._deliveries([each for each in commands if isinstance(each, Update)])
        if isinstance(held, Trouble):
            return [Refused(held)] * len(commands)
        ended: list[int | Failed] = []
        for command in commands:
            last = ended[-1] if ended else None
            is_over = isinstance(last, Failed) and last.trouble.whole_system and not last.unsure
            if isinstance(command, Create):
                ended.append(next(made))
            else:
                ended.append(last if is_over and last is not None else self._one(command, held))
        return self._answers(commands, ended)

    def _created(self, creates: Sequence[Create], bodies: Sequence[dict[str, Any]]) -> list[int | Failed]:
        if not creates:
            return []
        made = self._api.create(self._subject.model, bodies)
        if isinstance(made, Failed):
            if len(creates) == 1 or made.unsure or made.trouble.whole_system:
                return [made] * len(creates)
            middle = len(creates) // 2
            return self._created(creates[:middle], bodies[:middle]) + self._created(creates[middle:], bodies[middle:])
        for command, record in zip(creates, made, strict=True):
            status = command.fields.get("status")
            if self._subject.entity == "order" and isinstance(status, str):
                self._step(record, "draft", status)
        return list(made)

    def _one(self, command: Update | Archive, deliveries: Mapping[int, int]) -> int | Failed:
        record = int(command.external_id) if command.external_id.isdecimal() else 0
        if isinstance(command, Archive):
            return self._archived(record)
        values = self._bodies.for_update(command, deliveries.get(record))
        status = command.fields.get("status") if self._subject.entity == "order" else None
        if not values and status is None and command.fields:
            return _refused("no-such-value", "Odoo has no value for this", min(command.fields))
        if values:
            ended = self._api.act(self._subject.model, "write", [record], vals=values)
            if isinstance(ended, Failed):
                return ended
        moved = self._moved(record, status) if isinstance(status, str) else record
        return record if values else moved  # what was written is written: the status is then still owed

    def _archived(self, record: int) -> int | Failed:
        if self._subject.entity == "order":
            return self._moved(record, "cancelled")
        ended = self._api.act(self._subject.model, "write", [record], vals={"active": False})
        return ended if isinstance(ended, Failed) else record

    def _moved(self, record: int, status: str) -> int | Failed:
        """Bring an order to a status from the state that it is in now; one that is there already is left alone."""
        rows = self._api.search(self._subject.model, [["id", "=", record]], ["state"])
        if isinstance(rows, Trouble):
            return Failed(rows)
        if not rows:
            return Failed(Trouble(Next.CONFLICT, "gone", "the order is not there any more"))
        if status not in _STEPS:
            return _refused("no-such-value", "what is shipped, Odoo finds out by its pickings", "status")
        failed = self._step(record, str(rows[0].get("state")), status)
        return failed if failed is not None else record

    def _step(self, record: int, state: str, status: str) -> Failed | None:
        for method in _STEPS.get(status, {}).get(state, ()):
            ended = self._api.act(self._subject.model, method, [record])
            if isinstance(ended, Failed):
                return ended
            if isinstance(ended.result, Mapping):
                return _refused("wants-a-person", f"Odoo answers {method} with a question: decide it there", "status")
        return None

    def _deliveries(self, updates: Sequence[Update]) -> dict[int, int] | Trouble:
        """Return the delivery address that each customer has, where one of them is to be changed."""
        ours = {field.ours for field in self._subject.delivery}
        ids = [int(each.external_id) for each in updates if ours & set(each.fields) and each.external_id.isdecimal()]
        held = self._completing.children(ids) if ids else {}
        if isinstance(held, Trouble):
            return held
        return {
            parent: int(row["id"])
            for parent, rows in held.items()
            for row in reversed(rows)
            if row.get("type") == DELIVERY and id_of(row["id"]) is not None
        }

    def _answers(self, commands: Sequence[Command], ended: Sequence[int | Failed]) -> list[Answer]:
        kept = [
            str(each)
            for command, each in zip(commands, ended, strict=True)
            if not isinstance(each, Failed) and not isinstance(command, Archive)
        ]
        found = self._reader.fetch(kept) if kept else {}
        shown = {} if isinstance(found, Trouble) else found
        return [
            _failed(each) if isinstance(each, Failed) else _stored(str(each), shown.get(str(each))) for each in ended
        ]


def _stored(external_id: str, shown: object) -> Answer:
    if isinstance(shown, Observation):
        return Stored(external_id, replace(shown, source=Source.ANSWER))
    return Accepted(external_id)


def _failed(failed: Failed) -> Answer:
    return Unknown(failed.trouble.code) if failed.unsure else Refused(failed.trouble)


def _refused(code: str, message: str, field: str) -> Failed:
    return Failed(Trouble(Next.PERMANENT, code, message, field=field))
