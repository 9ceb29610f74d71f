"""Many writes in one call, and its answer taken apart.

A result belongs to a command by its place, if the answer has one for each and none names another record; else by the
id, or by our reference, that it names. What no result can be found for is unknown. A batch that is refused as a whole
is halved until the one that is wrong stands alone: 2·log2(n) more calls for each. A partner that takes batches in
another form than the one described, or none, refuses even that one: it goes by a call of its own, and if that is taken
so does everything after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.connectors.http import Outcome, Reply
from shared.connectors.http_faults import is_unsure
from shared.connectors.http_json import Unreadable, decoded
from shared.connectors.mapping import ID
from shared.connectors.mapping.habits import REVISION
from shared.connectors.mapping.places import MISSING, MisfitError, look
from shared.connectors.mapping.values import id_text
from shared.connectors.rest import bodies
from shared.connectors.rest.observing import id_of
from shared.connectors.rest.route import Route
from shared.connectors.rest.sending import Sending
from shared.connectors.rest.specs import BatchSpec
from shared.core.commands import Create
from shared.core.observations import Accepted, Answer, Refused, Stored, Trouble, Unknown

_HALVED = frozenset({400, 404, 409, 410, 412, 413, 415, 422})
_NO_SUCH_CALL = frozenset({405, 501})
_NOT_UNDERSTOOD = frozenset({400, 415, 422})
_FAILURES = frozenset({"error", "failed", "failure", "invalid", "refused", "rejected"})


class Understand(Protocol):
    """What a successful write shows."""

    def __call__(self, route: Route, sending: Sending, body: Any, headers: Mapping[str, str]) -> Answer:
        """Return the answer."""


class Refuse(Protocol):
    """What a refused write means."""

    def __call__(self, route: Route, sending: Sending, status: int | None, trouble: Trouble) -> Answer:
        """Return the answer."""


class Fail(Protocol):
    """What a call that did not succeed means."""

    def __call__(self, route: Route, sending: Sending, outcome: Outcome) -> Answer:
        """Return the answer."""


class Singly(Protocol):
    """Sends each by a call of its own."""

    def __call__(self, route: Route, sendings: Sequence[Sending]) -> list[Answer]:
        """Return one answer per command."""


@dataclass(frozen=True, slots=True)
class Ways:
    """What to do with what comes back, and without batches."""

    understand: Understand
    refuse: Refuse
    fail: Fail
    singly: Singly


def sent(route: Route, batch: BatchSpec, sendings: Sequence[Sending], ways: Ways) -> list[Answer]:
    """Send all in as few calls as the partner takes; one answer per command."""
    call = _Call(route, batch, ways)
    answers: list[Answer] = []
    for start in range(0, len(sendings), batch.size):
        some = sendings[start : start + batch.size]
        last = answers[-1] if answers else None
        if isinstance(last, Refused) and last.trouble.whole_system:
            answers += [last] * len(some)
        else:
            answers += call.send(some)
    return answers


class _Call:
    """One batch call and those that it is halved into."""

    def __init__(self, route: Route, batch: BatchSpec, ways: Ways) -> None:
        self.route = route
        self.batch = batch
        self.ways = ways

    def send(self, sendings: Sequence[Sending]) -> list[Answer]:
        """Send these in one call, if the partner takes batches."""
        if self.route.learned.batches is False:
            return self.ways.singly(self.route, sendings)
        items = [self._item(sending) for sending in sendings]
        content = items if self.batch.items is None else {self.batch.items: items}
        outcome = self.route.write(self.batch.method, self.batch.path, content)
        if isinstance(outcome, Reply) and 200 <= outcome.status < 300:
            return self._taken_apart(sendings, outcome)
        if self._is_not_understood(outcome, sendings):
            return self._singly(sendings)
        if self._is_worth_halving(outcome, sendings):
            middle = len(sendings) // 2
            return self.send(sendings[:middle]) + self.send(sendings[middle:])
        return [self.ways.fail(self.route, sending, outcome) for sending in sendings]

    def _is_not_understood(self, outcome: Outcome, sendings: Sequence[Sending]) -> bool:
        """Tell whether the call itself was refused, and no record, at a partner that has not taken a batch yet: there
        is no such call, or, where each record has a fate of its own, even one alone is too much for it.
        """
        is_new = self.route.learned.batches is None and self.route.given.sure_refusals
        if not isinstance(outcome, Reply) or not is_new:
            return False
        if outcome.status == 404:
            return all(isinstance(sending.command, Create) for sending in sendings)
        is_form = not self.batch.atomic and outcome.status in _NOT_UNDERSTOOD and len(sendings) == 1
        return outcome.status in _NO_SUCH_CALL or is_form

    def _singly(self, sendings: Sequence[Sending]) -> list[Answer]:
        """Send these one by one; if the partner takes one so, batches are left alone."""
        answers = self.ways.singly(self.route, sendings)
        if any(isinstance(answer, Stored | Accepted) for answer in answers):
            self.route.learned.batches = False
        return answers

    def _is_worth_halving(self, outcome: Outcome, sendings: Sequence[Sending]) -> bool:
        is_refusal = isinstance(outcome, Reply) and outcome.status in _HALVED and not is_unsure(outcome)
        return is_refusal and len(sendings) > 1 and self.route.given.sure_refusals

    def _item(self, sending: Sending) -> dict[str, Any]:
        batch = self.batch
        item: dict[str, Any] = {}
        if batch.op:
            item[batch.op] = {"create": batch.create, "update": batch.update}.get(sending.op, batch.archive)
        if sending.external_id is not None:
            item[batch.id] = self._spelled(sending.external_id, ID)
        if sending.revision is not None and sending.revision.exact and batch.if_match:
            item[batch.if_match] = self._spelled(sending.revision.token, REVISION)
        if sending.fields is not None and batch.fields:
            item[batch.fields] = sending.fields
        return item if batch.fields or not sending.fields else {**sending.fields, **item}

    def _spelled(self, text: str, what: str) -> str | int:
        """Return an id or a revision as the partner shows them: as a number, or as text."""
        habit = self.route.habits.get(self.route.entity, what)
        return int(text) if habit is not None and habit.json == "number" and text.isdecimal() else text

    def _taken_apart(self, sendings: Sequence[Sending], reply: Reply) -> list[Answer]:
        body = decoded(reply.body)
        if isinstance(body, Unreadable):
            return [Unknown(f"the answer is {body.reason}")] * len(sendings)
        results = self._results(body)
        if results is None:
            return [Unknown("the answer shows no results")] * len(sendings)
        self.route.learned.batches = True
        return [self._answer(sending, result) for sending, result in self._paired(sendings, results)]

    def _results(self, body: Any) -> list[Any] | None:
        if self.batch.results is not None and isinstance(body, Mapping):
            found = _at(body, self.batch.results)
            return found if isinstance(found, list) else None
        return None if body is None else bodies.rows_of(body, self.route.given)

    def _paired(self, sendings: Sequence[Sending], results: list[Any]) -> Iterator[tuple[Sending, Any]]:
        in_order = len(results) == len(sendings) and all(map(self._may_belong, sendings, results))
        for place, sending in enumerate(sendings):
            named = [result for result in results if self._names(sending, result)]
            if in_order:
                yield sending, results[place]
            else:
                yield sending, named[0] if len(named) == 1 else None

    def _may_belong(self, sending: Sending, result: Any) -> bool:
        """Tell whether nothing in a result says that it is another command's."""
        named, mark = self._id(result), self._reference(result)
        if isinstance(sending.command, Create):
            return mark is None or mark == sending.command.record_id
        return named is None or named == sending.external_id

    def _names(self, sending: Sending, result: Any) -> bool:
        if isinstance(sending.command, Create):
            return self._reference(result) == sending.command.record_id
        return self._id(result) == sending.external_id

    def _id(self, result: Any) -> str | None:
        if not isinstance(result, Mapping):
            return None
        record = self._record(result)
        own = id_text(result.get(self.batch.id)) if self.batch.id in result else None
        return own or (id_of(self.route, record) if isinstance(record, Mapping) else None)

    def _reference(self, result: Any) -> str | None:
        place, record = self.route.mapping.reference, self._record(result)
        if place is None or not isinstance(record, Mapping):
            return None
        shown = _at(record, place)
        return None if shown is MISSING else id_text(shown)

    def _record(self, result: Any) -> Any:
        if not isinstance(result, Mapping):
            return result
        return result.get(self.batch.body, result)

    def _answer(self, sending: Sending, result: Any) -> Answer:
        if result is None:
            return Unknown("the answer shows no result for this one")
        if not isinstance(result, Mapping):
            return self.ways.understand(self.route, sending, result, {})
        status = self._status(result)
        if status >= 500:
            return Unknown(f"http-{status}")
        if status >= 300:
            error = result.get(self.batch.error) or result.get(self.batch.body) or result
            return self.ways.refuse(self.route, sending, status, self.route.refused(status, error, {}, sending.hide))
        record = self._record(result)
        if isinstance(record, Mapping) and id_of(self.route, record) is None and self.batch.id in result:
            record = {**record, self.route.given.id: result[self.batch.id]}
        return self.ways.understand(self.route, sending, record, {})

    def _status(self, result: Mapping[str, Any]) -> int:
        shown = result.get(self.batch.status)
        if isinstance(shown, int) and not isinstance(shown, bool) and 100 <= shown < 600:
            return shown
        if isinstance(shown, str) and shown.isdecimal() and len(shown) == 3:
            return int(shown)
        return 400 if result.get(self.batch.error) or _says_that_it_failed(result, shown) else 200


def _says_that_it_failed(result: Mapping[str, Any], status: Any) -> bool:
    is_word = isinstance(status, str) and status.lower() in _FAILURES
    return is_word or result.get("success") is False or result.get("ok") is False or bool(result.get("errors"))


def _at(body: Any, place: str) -> Any:
    try:
        return look(body, place)
    except MisfitError:
        return MISSING
