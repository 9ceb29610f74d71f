"""A whole connector in one file, to learn from: customers of the plain system that `fakes/rest.py` plays.

It could be described with `connector = "rest"`; it is written out to show what every connector must do, and that the
kit asks for no more than this.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ConfigDict

from shared.connectors.http import Http, Outcome, Reply, Request
from shared.connectors.http_faults import is_unsure, trouble_of
from shared.connectors.http_json import Unreadable, decoded, encoded
from shared.connectors.http_secrets import ReadSecret, Secrets, bearer
from shared.connectors.keys_shown import Found, by_key
from shared.connectors.keyset import kept_state
from shared.connectors.mapping import FieldSpec, Habits, compiled, for_create, for_update, read
from shared.connectors.observing import observation
from shared.core.commands import Archive, Command, Create, Update
from shared.core.keys import REFERENCE
from shared.core.observations import (
    Accepted,
    Answer,
    Gone,
    Invalid,
    Next,
    Observation,
    Refused,
    Revision,
    Shown,
    Source,
    Stored,
    Trouble,
    Unknown,
)
from shared.ports.capabilities import Capabilities, EntityCapability
from shared.ports.system import Entry, Key, Listing, Page

PATH = "/api/v1/customers"
PAGE = 100
OVERLAP = timedelta(seconds=60)
FIELDS = {"name": "name", "phone": "phone", REFERENCE: "external_ref"}
"""Ours = theirs; the last one is where they keep our record id."""

Rows: TypeAlias = tuple[list[Any], str | None]
"""The rows of a page, and where the next one begins."""


class ExampleSettings(BaseModel):
    """`[systems.<name>]` with `connector = "example"`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    connector: str = "example"
    side: str = "crm"
    base_url: str
    secret: str = ""


def _entities(_settings: object) -> Mapping[str, EntityCapability]:
    carries = frozenset(FIELDS) - {REFERENCE}
    return {
        "customer": EntityCapability(
            can=frozenset({"list", "read", "create", "update", "archive"}),
            carries=carries,
            takes=carries,
            reference_field=FIELDS[REFERENCE],
            exact=True,  # the version is sent back, and a stale one is refused
            calls={"in": 1, "create": 1, "update": 1},
        )
    }


CAPABILITIES = Capabilities(
    name="example",
    title="An example",
    settings=ExampleSettings,
    entities=_entities,
    why="to show what a connector is",
    credentials=lambda _: ("token",),
)


def connect(
    settings: ExampleSettings, read_secret: ReadSecret, deadline: Callable[[], float] | None = None
) -> ExampleSystem:
    """Return the system of these settings. `deadline` returns the seconds that this invocation has left."""
    secrets = Secrets(settings.secret or settings.name, read_secret)
    return ExampleSystem(settings.name, Http(settings.base_url, secrets, bearer, deadline=deadline))


class ExampleSystem:
    """The five verbs. Nothing is raised for what the partner does."""

    def __init__(self, name: str, http: Http) -> None:
        self.name, self.calls = name, http.calls
        self._http = http
        self._mapping = compiled(name, "customer", {ours: FieldSpec(path=theirs) for ours, theirs in FIELDS.items()})

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._http.close()

    def changed_since(self, entity: str, cursor: str | None) -> Page | Trouble:
        """Return a page of what changed. The cursor keeps the latest time shown, and where a walk stands."""
        del entity
        state = kept_state(cursor)
        since = {"updated_since": state["since"]} if state.get("since") else {}
        found = self._page({**since, "after": state.get("after")})
        if isinstance(found, Trouble):
            return found
        rows, after = found
        shown = tuple(self._observed(row, Source.MESSAGE) for row in rows)
        tops = [each.modified_at for each in shown if isinstance(each, Observation) and each.modified_at]
        known = [datetime.fromisoformat(state["top"])] if state.get("top") else []
        top = max([*tops, *known], default=None)
        kept = {**since, "since": state.get("since"), "after": after, "top": top and top.isoformat()}
        if after is None and top is not None:  # the walk is over: the next one reaches back a little
            kept = {"since": (top - OVERLAP).isoformat(), "top": top.isoformat()}
        return Page(shown, (), json.dumps(kept), after is not None)

    def list(self, entity: str, cursor: str | None) -> Listing | Trouble:
        """Return a page of everything."""
        del entity
        found = self._page({"after": cursor})
        if isinstance(found, Trouble):
            return found
        rows, after = found
        return Listing(tuple(self._entry(row) for row in rows), after, after is not None)

    def fetch(self, entity: str, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        """Return what each id shows; this partner has no call for several."""
        del entity
        shown: dict[str, Shown] = {}
        for each in ids:
            outcome = self._http.send(Request("GET", f"{PATH}/{quote(each, safe='')}"))
            if isinstance(outcome, Reply) and outcome.status in (404, 410):
                shown[each] = Gone(each)
                continue
            row = self._body(outcome)
            if isinstance(row, Trouble):
                return row
            shown[each] = self._observed(row, Source.FETCHED)
        return shown

    def find(self, entity: str, keys: Sequence[Key]) -> Found | Trouble:
        """Return the live records that show our reference; nothing else can be asked for here."""
        del entity
        wanted = [str(key.values[0]) for key in keys if key.name == REFERENCE]
        if len(wanted) < len(keys):
            return Trouble(Next.PERMANENT, "cannot-find", "only our reference can be looked up")
        found = self._page({"external_ref": ",".join(wanted)})
        return found if isinstance(found, Trouble) else by_key(keys, [self._observed(row) for row in found[0]])

    def write(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        """Carry out commands one by one; one answer per command, same order."""
        del entity
        return [self._written(command) for command in commands]

    def _written(self, command: Command) -> Answer:
        outcome = self._http.send(self._request(command))
        if is_unsure(outcome):  # a time-out, a reset, a 5xx: nobody knows, so Tandem looks before it sends again
            return Unknown("no certain answer")
        if not isinstance(outcome, Reply) or not 200 <= outcome.status < 300:
            return self._refused(command, outcome)
        if isinstance(command, Archive):
            return Accepted(command.external_id)
        row = decoded(outcome.body)
        if not isinstance(row, Mapping) or not row.get("id"):
            return Unknown("the answer shows no record")
        shown = self._observed(row, Source.ANSWER)
        return Stored(str(row["id"]), shown) if isinstance(shown, Observation) else Accepted(str(row["id"]))

    def _refused(self, command: Command, outcome: Outcome) -> Answer:
        hide = () if isinstance(command, Archive) else [str(value) for value in command.fields.values() if value]
        trouble = trouble_of(outcome, (*self._http.hidden(), *hide))
        if isinstance(outcome, Reply) and outcome.status in (404, 410) and not isinstance(command, Create):
            return Refused(Trouble(Next.CONFLICT, trouble.code, "the record is gone: look at it again"))
        return Refused(trouble)

    def _request(self, command: Command) -> Request:
        headers = {"Content-Type": "application/json"}
        if isinstance(command, Create):
            body = for_create(self._mapping, command.fields, command.record_id, Habits())
            return Request("POST", PATH, headers, encoded(body.content), writes=True)
        revision = command.precondition
        guard = {"If-Match": f'"{revision.token}"'} if revision is not None else {}
        address = f"{PATH}/{quote(command.external_id, safe='')}"
        if isinstance(command, Update):
            content = for_update(self._mapping, command, None, Habits()).content
            return Request("PATCH", address, {**headers, **guard}, encoded(content), writes=True)
        return Request("DELETE", address, guard, writes=True)

    def _page(self, query: Mapping[str, str | None]) -> Rows | Trouble:
        """Read a page; a walk ends at an empty page, and at a place that repeats."""
        told = {name: value for name, value in query.items() if value}
        body = self._body(self._http.send(Request("GET", f"{PATH}?{urlencode({**told, 'limit': PAGE})}")))
        if isinstance(body, Trouble):
            return body
        rows, after = body.get("data"), body.get("next")
        if not isinstance(rows, list):  # never take an answer that cannot be read for an empty one
            return Trouble(Next.RETRYABLE, "unreadable", "the answer shows no list")
        return rows, after if rows and after != query.get("after") else None

    def _body(self, outcome: Outcome) -> Mapping[str, Any] | Trouble:
        """Return the object that an answer is, or what went wrong instead."""
        if not isinstance(outcome, Reply) or outcome.status != 200:
            return trouble_of(outcome, self._http.hidden())
        body = decoded(outcome.body)
        if isinstance(body, Unreadable):
            return Trouble(Next.RETRYABLE, "unreadable", f"the answer is {body.reason}", whole_system=body.is_page)
        unreadable = Trouble(Next.RETRYABLE, "unreadable", "the answer is no object")
        return body if isinstance(body, Mapping) else unreadable

    def _observed(self, row: Mapping[str, Any], source: Source = Source.FETCHED) -> Observation | Invalid:
        version = row.get("version")
        revision = Revision(str(version), version, exact=True) if isinstance(version, int) else None
        modified = datetime.fromisoformat(row["updated_at"]) if row.get("updated_at") else None
        return observation(self._mapping, str(row.get("id")), read(self._mapping, row), revision, modified, source)

    def _entry(self, row: Mapping[str, Any]) -> Entry:
        shown = self._observed(row, Source.MESSAGE)
        return Entry(str(row["id"]), shown.revision if isinstance(shown, Observation) else None, shown)
