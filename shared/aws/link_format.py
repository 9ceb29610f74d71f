"""A link inside a record's item: what was seen in the order of the record's table of paths, the rest by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from shared.aws.formats import (
    Json,
    filled,
    from_moment,
    from_revision,
    maybe_moment,
    to_moment,
    to_revision,
)
from shared.core.records import Failure, Flip, Held, Intent, Link, LinkState, Parked, Seen, Sent, Verb


def from_link(link: Link, place_of: Callable[[str], int]) -> Json:
    """Return a link as JSON; `place_of` gives the place of a path in the record's table, making one if need be."""
    return filled(
        {
            "state": link.state.value if link.state is not LinkState.EMPTY else None,
            "id": link.external_id,
            "seen": _from_seen(link.fields, place_of),
            "elements": dict(link.elements),
            "ambiguous": dict(link.ambiguous),
            "revision": from_revision(link.revision),
            "floor": None if link.floor is None else [link.floor],
            "intent": None if link.intent is None else _from_intent(link.intent),
            "held": {path: _from_held(held) for path, held in link.held.items()},
            "echoes": {path: [list(sent) for sent in sends] for path, sends in link.echoes.items()},
            "unsure": dict(link.unsure),
            "tries": dict(link.tries),
            "flips": {path: list(flip) for path, flip in link.flips.items()},
            "parked": None if link.parked is None else from_parked(link.parked),
            "attempts": link.attempts,
            "backoffs": link.backoffs,
            "due_at": None if link.due_at is None else from_moment(link.due_at),
            "waits_for": link.waits_for,
            "absorbs": link.absorbs,
            "failure": None if link.failure is None else _from_failure(link.failure),
            "skipped": dict(link.skipped),
        }
    )


def to_link(found: Json, paths: Sequence[str]) -> Link:
    """Return the link; `paths` is the record's table of paths."""
    intent, parked = found.get("intent"), found.get("parked")
    return Link(
        LinkState(found.get("state", LinkState.EMPTY)),
        found.get("id"),
        _to_seen(found.get("seen", ()), paths),
        found.get("elements", {}),
        found.get("ambiguous", {}),
        to_revision(found.get("revision")),
        found.get("floor", (None,))[0],
        None if intent is None else _to_intent(intent),
        {path: _to_held(held) for path, held in found.get("held", {}).items()},
        {path: tuple(Sent(*sent) for sent in sends) for path, sends in found.get("echoes", {}).items()},
        found.get("unsure", {}),
        found.get("tries", {}),
        {path: Flip(*flip) for path, flip in found.get("flips", {}).items()},
        None if parked is None else to_parked(parked),
        found.get("attempts", 0),
        found.get("backoffs", 0),
        maybe_moment(found.get("due_at")),
        found.get("waits_for"),
        found.get("absorbs", 0),
        _to_failure(found["failure"]) if "failure" in found else None,
        found.get("skipped", {}),
    )


def _from_seen(fields: Mapping[str, Seen], place_of: Callable[[str], int]) -> Json:
    """Return the digests in table order: one where seen and stood for are the same, 0 for a path not seen."""
    row: list[Json] = []
    for path, (seen, stands) in fields.items():
        place = place_of(path)
        row += [0] * (place + 1 - len(row))
        row[place] = seen if seen == stands else [seen, stands]
    return row


def _to_seen(row: Json, paths: Sequence[str]) -> dict[str, Seen]:
    return {
        paths[place]: Seen(found, found) if isinstance(found, str) else Seen(*found)
        for place, found in enumerate(row)
        if found
    }


def _from_held(held: Held) -> Json:
    plain = [held.wish, held.shown, held.reason, from_moment(held.since), int(held.yielded)]
    return [*plain, held.code] if held.code else plain


def _to_held(found: Json) -> Held:
    wish, shown, reason, since, yielded, *code = found
    return Held(wish, shown, reason, to_moment(since), bool(yielded), *code)


def _from_failure(failure: Failure) -> Json:
    code, message, field, first, last = failure
    return [code, message, field, from_moment(first), from_moment(last)]


def _to_failure(found: Json) -> Failure:
    code, message, field, first, last = found
    return Failure(code, message, field, to_moment(first), to_moment(last))


def _from_intent(intent: Intent) -> Json:
    return {
        "id": intent.id,
        "verb": intent.verb.value,
        "until": from_moment(intent.until),
        "made_at": from_moment(intent.made_at),
        "sent": {path: list(sent) for path, sent in intent.sent.items()},
        "keys": sorted(intent.keys),
        "absorbs": intent.absorbs,
    }


def _to_intent(found: Json) -> Intent:
    return Intent(
        found["id"],
        Verb(found["verb"]),
        to_moment(found["until"]),
        to_moment(found["made_at"]),
        {path: Sent(*sent) for path, sent in found["sent"].items()},
        frozenset(found["keys"]),
        found["absorbs"],
    )


def from_parked(parked: Parked) -> Json:
    """Return a parking as JSON."""
    return {
        "reason": parked.reason,
        "since": from_moment(parked.since),
        **filled(
            {
                "owed": dict(parked.owed),
                "code": parked.code,
                "field": parked.field,
                "parent": parked.parent,
                "candidates": list(parked.candidates),
            }
        ),
    }


def to_parked(found: Json) -> Parked:
    """Return the parking."""
    return Parked(
        found["reason"],
        to_moment(found["since"]),
        found.get("owed", {}),
        found.get("code", ""),
        found.get("field"),
        found.get("parent"),
        tuple(found.get("candidates", ())),
    )
