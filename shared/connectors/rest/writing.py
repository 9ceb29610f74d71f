"""Writes: in batches where the partner takes them, else one call each; one answer per command, in the same order.

What is sure and what is not (SYNC §5): a refusal (4xx) surely changed nothing, unless the description says that this
partner saves and then refuses; a time-out, a reset, a 5xx or an answer that cannot be read leaves it open. An answer
that names no id of a new record leaves it open too. Nothing is sent twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.connectors.http import Outcome, Reply
from shared.connectors.http_faults import is_unsure, trouble_of
from shared.connectors.http_json import Unreadable, decoded
from shared.connectors.mapping import names_its_elements
from shared.connectors.mapping.values import id_text
from shared.connectors.rest import batches, bodies, patches
from shared.connectors.rest.batches import Ways
from shared.connectors.rest.observing import id_of, observed, revision_of
from shared.connectors.rest.route import Route
from shared.connectors.rest.sending import Sending, precondition, prepared
from shared.core.commands import Archive, Command, Create
from shared.core.observations import (
    Accepted,
    Answer,
    Invalid,
    Next,
    Observation,
    Refused,
    Source,
    Stored,
    Trouble,
    Unknown,
)

_ANSWERED_ALWAYS = frozenset({401, 404, 405, 410, 412, 429})


def write(route: Route, commands: Sequence[Command]) -> list[Answer]:
    """Carry out commands of one verb; one answer per command."""
    answers: list[Answer] = []
    sendings: list[Sending] = []
    places: list[int] = []
    for place, each in enumerate(prepared(route, commands)):
        answers.append(each if isinstance(each, Refused) else Unknown("not sent"))
        if isinstance(each, Sending):
            sendings.append(each)
            places.append(place)
    for place, answer in zip(places, _sent(route, sendings), strict=True):
        answers[place] = answer
    return answers


def understood(route: Route, sending: Sending, outcome: Outcome) -> Answer:
    """Return what the outcome of one write means."""
    if not isinstance(outcome, Reply) or not 200 <= outcome.status < 300:
        return failed(route, sending, outcome)
    body = decoded(outcome.body)
    if isinstance(body, Unreadable):
        return Unknown(f"the answer is {body.reason}")
    return done(route, sending, body, outcome.headers)


def failed(route: Route, sending: Sending, outcome: Outcome) -> Answer:
    """Return what a write that did not succeed means."""
    if is_unsure(outcome):
        return Unknown(f"http-{outcome.status}" if isinstance(outcome, Reply) else getattr(outcome, "reason", "lost"))
    trouble = trouble_of(outcome, (*sending.hide, *route.http.hidden()))
    status = outcome.status if isinstance(outcome, Reply) else None
    return refused(route, sending, status, trouble)


def refused(route: Route, sending: Sending, status: int | None, trouble: Trouble) -> Answer:
    """Return a refusal; of a record that is no longer there it is a reason to look, and some partners are not sure."""
    if status in (404, 410) and sending.external_id is not None:
        return Refused(replace(trouble, next=Next.CONFLICT))
    if status is not None and status not in _ANSWERED_ALWAYS and not route.given.sure_refusals:
        return Unknown(f"refused by {trouble.code}, which this partner may do after saving")
    return Refused(trouble)


def done(route: Route, sending: Sending, body: Any, headers: Mapping[str, str]) -> Answer:
    """Return what a successful write shows: what was stored, or only an id, or not even that."""
    if isinstance(body, Mapping) and body.get("success") is False:
        return refused(route, sending, 400, route.refused(400, body, headers, sending.hide))
    record = bodies.record_of(body, route.given)
    external_id = _id(route, sending, record, body, headers)
    if external_id is None:
        return Unknown("applied, but the answer names no id")
    route.recent.forget(external_id)
    if record is None or isinstance(sending.command, Archive):
        return Accepted(external_id, revision_of(route.given.revision, record or {}, headers))
    shown = _shown(route, external_id, record, headers)
    if shown is None:
        return Accepted(external_id, revision_of(route.given.revision, record, headers))
    return Stored(external_id, shown)


def _sent(route: Route, sendings: Sequence[Sending]) -> list[Answer]:
    batch = route.given.batch
    if batch is not None and sendings and sendings[0].op in batch.verbs:
        return batches.sent(route, batch, sendings, Ways(done, refused, failed, _one_by_one))
    return _one_by_one(route, sendings)


def _one_by_one(route: Route, sendings: Sequence[Sending]) -> list[Answer]:
    answers: list[Answer] = []
    for sending in sendings:
        stop = _stop(answers[-1]) if answers else None
        answers.append(stop or _send(route, sending))
    return answers


def _send(route: Route, sending: Sending) -> Answer:
    content, media = patches.styled(route.given, sending)
    headers = {**precondition(route, sending.revision), **media}
    outcome = route.write(sending.method, sending.address, content, headers)
    if _knows_no_patch(route, sending, outcome):
        route.learned.puts = True
        [whole] = prepared(route, [sending.command])
        return whole if isinstance(whole, Refused) else _send(route, whole)
    return understood(route, sending, outcome)


def _knows_no_patch(route: Route, sending: Sending, outcome: Outcome) -> bool:
    """Tell whether the partner does not know PATCH; where the description does not name a method, PUT is the other."""
    is_guess = route.given.update is None and sending.method == "PATCH" and sending.op == "update"
    return is_guess and isinstance(outcome, Reply) and outcome.status in (405, 501)


def _stop(answer: Answer) -> Refused | None:
    """Return the refusal of all that follow, where a trouble is the whole system's: it is not asked again."""
    is_all = isinstance(answer, Refused) and answer.trouble.whole_system
    return answer if is_all and isinstance(answer, Refused) else None


def _id(
    route: Route, sending: Sending, record: Mapping[str, Any] | None, body: Any, headers: Mapping[str, str]
) -> str | None:
    if not isinstance(sending.command, Create):
        return sending.command.external_id
    found = id_of(route, record) if record is not None else id_text(bodies.bare_id(body))
    if found is not None:
        return found
    location = headers.get("location", "").partition("?")[0].rstrip("/")
    return location.rpartition("/")[2] or None if location else None


def _shown(route: Route, external_id: str, record: Mapping[str, Any], headers: Mapping[str, str]) -> Observation | None:
    """Return what the answer shows of the record; nothing where it shows no field of ours, another record, or
    elements without the ids that they have by now."""
    if id_of(route, record) != external_id or not names_its_elements(route.mapping, record):
        return None
    shown = observed(route, record, Source.ANSWER, headers)
    if isinstance(shown, Invalid) or shown.deleted or not shown.fields:
        return None
    if shown.complete:
        route.recent.keep(external_id, record)
    return shown
