"""An EspoCRM 8.4 that knows any entity type, shaped by recordings of a real one.

Unknown keys are ignored, 401, 403 and 404 have an empty body and a reason in a header, a page has at most 200 records,
a create answers without what is null, a suspected duplicate is refused with the records that match.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.connectors.fakes.base import HIDES_PHONES, LYING_PAGE, REFUSED, Asked, Fake, Given, NoJson, Row

BASE = "/api/v1/"
MOST = 200
PEOPLE = ("name", "emailAddress", "phoneNumber")
ATTRIBUTES = {
    "Account": {
        *PEOPLE,
        "website",
        "description",
        "tandemId",
        *(
            f"{role}Address{part}"
            for role in ("billing", "shipping")
            for part in ("Street", "City", "State", "PostalCode", "Country")
        ),
    },
    "Contact": {*PEOPLE, "firstName", "lastName", "title", "accountId"},
    "CSalesOrder": {"name", "orderNumber", "accountId", "status", "amount", "amountCurrency", "tandemId", "cPlacedAt"},
    "CSalesOrderLine": {"name", "salesOrderId", "productId", "quantity", "unitPrice"},
    "Opportunity": {
        *("name", "accountId", "stage", "probability", "closeDate", "amount", "amountCurrency"),
        *("tandemId", "tandemPromise", "tandemPromiseDate"),
    },
    "COpportunityLine": {"name", "opportunityId", "productId", "quantity", "unitPrice"},
    "CProduct": {"name", "sku", "price", "tandemId"},
}
_WHERE = re.compile(r"^where\[(\d+)\]\[(type|attribute|value)\](?:\[\])?$")
PLAIN_PARAMETERS = {"maxSize", "offset", "orderBy", "order", "select"}


class EspoFake(Fake):
    """Records by entity type."""

    def __init__(self, *, versioned: bool = True, checks_duplicates: bool = False) -> None:
        super().__init__()
        self.versioned = versioned
        self.checks_duplicates = checks_duplicates
        self.types: dict[str, dict[str, Row]] = {entity_type: {} for entity_type in ATTRIBUTES}
        self._numbers = 0

    def enter(self, entity_type: str, **fields: Any) -> str:
        """Enter a record of any type as a person would."""
        return str(self._keep(entity_type, None, fields)["id"])

    def edit(self, entity_type: str, external_id: str, **fields: Any) -> None:
        """Change a record of any type."""
        self._keep(entity_type, external_id, fields)

    def put(self, name: str, phone: str | None = None, unmapped: str = "") -> str:
        """Enter an account."""
        return self.enter("Account", name=name, phoneNumber=phone, website=unmapped)

    def change(self, external_id: str, **fields: str | None) -> None:
        """Change an account."""
        self.edit("Account", external_id, **{{"phone": "phoneNumber"}.get(name, name): v for name, v in fields.items()})

    def end(self, external_id: str) -> None:
        """Delete an account."""
        del self.types["Account"][external_id]

    def shown(self) -> Mapping[str, Mapping[str, str | None]]:
        """Return the accounts."""
        return {
            each: {"name": row["name"], "phone": row["phoneNumber"], "unmapped": row["website"]}
            for each, row in self.types["Account"].items()
        }

    def is_let_in(self, asked: Asked) -> bool:
        """Tell whether a request carries the live key."""
        return self.credential is not None and asked.headers.get("x-api-key") == self.credential

    def served(self, asked: Asked) -> Given:
        """Answer a request."""
        entity_type, _, external_id = asked.path.removeprefix(BASE).partition("/")
        if not asked.path.startswith(BASE) or entity_type not in self.types:
            return self.wrong(asked, "there is no such entity type", 404)
        if asked.method == "GET":
            return self._one(entity_type, external_id) if external_id else self._listed(entity_type, asked)
        if asked.method == "DELETE":
            gone = self.types[entity_type].pop(external_id, None)
            return Given(200, True) if gone else _empty(404, f"Record {external_id} does not exist.")
        if asked.method not in ("POST", "PUT") or (asked.method == "PUT") is not bool(external_id):
            return self.wrong(asked, "POST makes a record, PUT changes one", 405)
        if asked.headers.get("content-type") != "application/json" or isinstance(asked.body, NoJson):
            return self.wrong(asked, "the body is not JSON, or not said to be", 500)
        return self._written(entity_type, external_id or None, asked)

    def _one(self, entity_type: str, external_id: str) -> Given:
        row = self.types[entity_type].get(external_id)
        return Given(200, row) if row else _empty(404, f"Record {external_id} does not exist.")

    def _written(self, entity_type: str, external_id: str | None, asked: Asked) -> Given:
        known = self.types[entity_type].get(external_id or "")
        if external_id and known is None:
            return _empty(404, f"Record {external_id} does not exist.")
        refused = self._refusal(entity_type, asked, known)
        if refused is not None:
            return refused
        row = self._keep(entity_type, external_id, asked.body)
        return Given(200, row if known else {name: value for name, value in row.items() if value is not None})

    def _refusal(self, entity_type: str, asked: Asked, known: Row | None) -> Given | None:
        version = asked.headers.get("x-version-number")
        if known and self.versioned and version is not None and version != str(known["versionNumber"]):
            values = {name: known[name] for name in asked.body if name in known}
            body = {"values": values, "versionNumber": known["versionNumber"]}
            return Given(409, body, {"X-Status-Reason": "modified"})
        if asked.body.get("name", "?") in (None, "", REFUSED):
            data = {"field": "name", "type": "required"}
            label = {"messageTranslation": {"label": "validationFailure", "scope": None, "data": data}}
            return Given(400, label, {"X-Status-Reason": "Field validation failure; field: name, type: required."})
        if known or not self.checks_duplicates or asked.headers.get("x-skip-duplicate-check") == "true":
            return None
        same = [row for row in self.types[entity_type].values() if row["name"] == asked.body.get("name")]
        return Given(409, same, {"X-Status-Reason": "duplicate"}) if same else None

    def _listed(self, entity_type: str, asked: Asked) -> Given:
        wheres: dict[str, dict[str, str]] = {}
        for name, value in asked.query.items():
            found = _WHERE.match(name)
            if found is None and name not in PLAIN_PARAMETERS:
                return self.wrong(asked, f"there is no parameter {name}")
            if found is not None:
                wheres.setdefault(found[1], {})[found[2]] = value
        size = int(asked.query.get("maxSize", 20))
        if size > MOST:
            return _empty(403, "Max size should not exceed 200. Use offset and limit.")
        many = {each.casefold() for each in asked.values("[value][]")}
        for where in wheres.values():
            if where["type"] in ("after", "before"):
                datetime.strptime(where["value"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        rows = [row for row in self.types[entity_type].values() if _holds(row, wheres.values(), many)]
        key = asked.query.get("orderBy", "id")
        rows.sort(key=lambda row: (row[key], row["id"]) if key == "id" else row[key])
        shown = [self._selected(row, asked.query.get("select", "id").split(",")) for row in rows[:size]]
        return Given(200, {"total": len(rows) + (LYING_PAGE in self.tricks) * (size + 1), "list": shown})

    def _selected(self, row: Row, names: Iterable[str]) -> Row:
        hidden = {"phoneNumber"} if HIDES_PHONES in self.tricks else set()
        return {name: row[name] for name in ["id", *names, "createdAt"] if name in row and name not in hidden}

    def _keep(self, entity_type: str, external_id: str | None, fields: Mapping[str, Any]) -> Row:
        self._numbers += 1
        known = self.types[entity_type].get(external_id or "")
        at = f"{self.time().astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        blank: Row = {"id": f"6b02a4{self._numbers:011d}", "deleted": False, "createdAt": at, "versionNumber": 0}
        row = dict(known or {**blank, **dict.fromkeys(sorted(ATTRIBUTES[entity_type]))})
        row |= {name: value for name, value in fields.items() if name in ATTRIBUTES[entity_type]}
        if entity_type == "Contact" and {"firstName", "lastName"} & fields.keys():
            row["name"] = " ".join(part for part in (row["firstName"], row["lastName"]) if part)
        row |= {"modifiedAt": at, "versionNumber": row["versionNumber"] + 1}
        self.types[entity_type][row["id"]] = row
        return row


def _holds(row: Row, wheres: Iterable[Mapping[str, str]], many: set[str]) -> bool:
    return all(_compares(row.get(where["attribute"]), where, many) for where in wheres)


def _compares(shown: Any, where: Mapping[str, str], many: set[str]) -> bool:
    kind, value = where["type"], where.get("value", "")
    if kind == "in":
        return str(shown).casefold() in many
    return {"after": str(shown) > value, "before": str(shown) < value, "greaterThan": str(shown) > value}[kind]


def _empty(status: int, reason: str) -> Given:
    return Given(status, headers={"X-Status-Reason": reason})
