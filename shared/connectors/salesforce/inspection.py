"""How a Salesforce org is set up: its objects as `describe` tells them, with the rights of the run-as user.

Field-level security hides a field from `describe` as if it were not there. The event relay is not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from shared.connectors.http import Http, Reply, Request
from shared.connectors.http_json import Unreadable, decoded
from shared.connectors.inspecting import (
    OwnTokens,
    Watched,
    claim,
    mapping_of,
    of_elements,
    of_record,
    plain_name,
    reference,
)
from shared.connectors.mapping.fields import MappedField
from shared.connectors.salesforce.api import Api
from shared.connectors.salesforce.session import Session
from shared.connectors.salesforce.settings import COLLECTIONS, SalesforceSettings
from shared.core.entities import Kind
from shared.core.inspection import Described, Finding, Result, There, Uniqueness
from shared.core.observations import Next, Trouble
from shared.ports.inspection import Greeted

_WORDS = MappingProxyType(
    {
        Kind.TEXT: "Text(255)",
        Kind.NUMBER: "Number(16, 2)",
        Kind.MONEY: "Currency(16, 2)",
        Kind.MOMENT: "Date/Time",
        Kind.FLAG: "Checkbox",
    }
)
_REFERENCE = "Text(36), External ID, case sensitive"
_NOT_EXTERNAL = "no External ID"
_RIGHTS = "give the run-as user a permission set with these rights on {} and its fields"
_VERBS = {"read": "queryable", "create": "createable", "update": "updateable", "archive": "deletable"}


class SalesforceInspector:
    """Asks the org about its objects, under a login of its own."""

    describes = True

    def __init__(self, settings: SalesforceSettings, session: Session) -> None:
        self._settings = settings
        self._https: list[Watched] = []
        self._session = session.apart(OwnTokens(), self._watched)
        self._api = Api(self._session, settings)

    def greet(self) -> Greeted | Trouble:
        """Log in, and ask for the limits."""
        for http in self._https:
            http.begin_anew()
        found = self._read("limits")
        if isinstance(found, Trouble) and found.next is not Next.PERMANENT:
            return found
        at = next((http.at for http in reversed(self._https) if http.at is not None), None)
        return Greeted(at, () if isinstance(found, Trouble) else tuple(self._quota(found)))

    def describe(self, entity: str) -> Sequence[Described] | Trouble:
        """Return the object, then that of its children."""
        given, mapping = self._settings.entity(entity), self._settings.mapping(entity)
        own = (
            *reference(given.reference, _REFERENCE, frozenset({"string"}), Uniqueness.MUST),
            *of_record(mapping, plain_name, _WORDS),
        )
        verbs = {verb: told for verb, told in _VERBS.items() if verb != "archive" or not given.archive}
        found = [self._described(entity, given.type, own, verbs)]
        if given.children is not None:
            parts = of_elements(mapping, COLLECTIONS[entity], _of_child, _WORDS)
            found.append(self._described(entity, given.children.type, parts, _VERBS))
        troubles = [each for each in found if isinstance(each, Trouble)]
        return troubles[0] if troubles else [each for each in found if isinstance(each, Described)]

    def webhooks(self) -> Sequence[Finding]:
        """Return what has to be set up for change events."""
        objects = ", ".join(self._settings.entity(entity).type for entity in self._settings.names)
        seen = "change events come over the event bus; their relay does not show here"
        remedy = (
            f"for changes in seconds: Setup > Change Data Capture > {objects}, an Event Relay to your event bus, and "
            "capture = event; without it the org is polled"
        )
        return [Finding("webhooks", "", Result.NOT_VISIBLE, seen, remedy)]

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _watched(self, http: Http) -> Http:
        self._https.append(Watched.apart(http))
        return self._https[-1]

    def _described(
        self, entity: str, object_type: str, needed: tuple[Any, ...], verbs: Mapping[str, str]
    ) -> Described | Trouble:
        rights = _RIGHTS.format(object_type)
        found = self._read(f"sobjects/{object_type}/describe")
        if isinstance(found, Trouble):
            is_hidden = found.next is Next.PERMANENT or found.code == "http-404"
            return Described(entity, object_type, may={"read": False}, rights=rights) if is_hidden else found
        where = f"Setup > Object Manager > {object_type} > Fields & Relationships"
        may = {verb: claim(found.get(told)) for verb, told in verbs.items()}
        return Described(entity, object_type, needed, _fields(found), may, where, rights)

    def _read(self, path: str) -> Any:
        outcome = self._session.send(Request("GET", f"{self._session.root}/{path}"))
        if isinstance(outcome, Trouble):
            return outcome
        if not isinstance(outcome, Reply) or outcome.status != 200:
            return self._api.trouble(outcome)
        body = decoded(outcome.body)
        if isinstance(body, Unreadable):
            return Trouble(Next.RETRYABLE, "unreadable", f"the answer is {body.reason}")
        return mapping_of(body)

    def _quota(self, limits: Mapping[str, Any]) -> Sequence[Finding]:
        daily = mapping_of(limits.get("DailyApiRequests"))
        most, left = daily.get("Max"), daily.get("Remaining")
        if not isinstance(most, int) or not isinstance(left, int) or most <= 0:
            return []
        is_short = most - left >= self._settings.hold_at * most
        remedy = "find out which integration uses the org's calls, or buy more" if is_short else ""
        seen = f"{most - left} of the day's {most} calls are used"
        return [Finding("quota", "", Result.WARNING if is_short else Result.OK, seen, remedy)]


def _fields(described: Mapping[str, Any]) -> Mapping[str, There] | None:
    rows = described.get("fields")
    if not isinstance(rows, list):
        return None
    found: dict[str, There] = {}
    for row in map(mapping_of, rows):
        there = _there(row)
        found[str(row.get("name"))] = there
        if row.get("relationshipName"):
            found.setdefault(str(row["relationshipName"]), there)
    return found


def _there(row: Mapping[str, Any]) -> There:
    kind = str(row.get("type", ""))
    is_unique = claim(row.get("unique"))
    if is_unique and row.get("externalId") is False:
        kind = f"{kind}, {_NOT_EXTERNAL}"
    writable = [claim(row.get(name)) for name in ("createable", "updateable")]
    return There(kind, is_unique, None if None in writable else any(writable))


def _of_child(mapped: MappedField) -> str | None:
    name = plain_name(mapped)
    return "LastName" if (mapped.ours, name) == ("contacts[].name", "Name") else name
