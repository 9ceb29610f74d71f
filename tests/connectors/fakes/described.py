"""The fakes with their partners' own descriptions: fields with types and uniqueness, rights, webhooks.

`lost` are fields (`companies.phone`) that somebody has deleted there, `shared` those whose values need not be unique,
`kinds` their types where not the usual one, `denied` the objects to which our user has no right,
`added` new fields with their types.
"""

from __future__ import annotations

from typing import Any

from tests.connectors.fakes.base import Asked, Given, Json, Row
from tests.connectors.fakes.espocrm import ATTRIBUTES, EspoFake
from tests.connectors.fakes.hubspot import TYPES, HubSpotFake
from tests.connectors.fakes.hubspot_objects import EXISTING
from tests.connectors.fakes.odoo import OdooFake
from tests.connectors.fakes.odoo_models import MODELS, OdooError
from tests.connectors.fakes.rest import PATH, RestFake
from tests.connectors.fakes.salesforce import SalesforceFake
from tests.connectors.fakes.salesforce_objects import FIELDS
from tests.connectors.fakes.salesforce_soql import QUERY, refused
from tests.connectors.fakes.tryton import TrytonFake
from tests.connectors.fakes.tryton import _Fault as TrytonFault


class Described:
    """What people have changed in a partner's fields and rights."""

    def __init__(self, **more: Any) -> None:
        self.lost: set[str] = set()
        self.shared: set[str] = set()
        self.kinds: dict[str, str] = {}
        self.denied: set[str] = set()
        self.added: dict[str, dict[str, str]] = {}
        super().__init__(**more)

    def kind(self, of: str, name: str, usual: str) -> str:
        """Return the type of a field."""
        return self.kinds.get(f"{of}.{name}", usual)

    def left(self, of: str, names: Any) -> list[str]:
        """Return the fields that are still there."""
        return sorted(each for each in names if f"{of}.{each}" not in self.lost)

    def gone(self, of: str) -> set[str]:
        """Return the fields of an object that are not there any more."""
        return {each.removeprefix(f"{of}.") for each in self.lost if each.startswith(f"{of}.")}


class DescribedHubSpot(Described, HubSpotFake):
    """An account whose properties can be asked for."""

    def served(self, asked: Asked) -> Given:
        """Answer a request."""
        start, _, object_type = asked.path.rpartition("/")
        if start == "/crm/v3/properties" and asked.method == "GET" and object_type in TYPES:
            return Given(200, {"results": [self._property(object_type, each) for each in self._names(object_type)]})
        object_type = asked.path.removeprefix("/crm/objects/2026-09/").partition("/")[0]
        if object_type in self.denied:
            return Given(403, {"status": "error", "category": "MISSING_SCOPES", "message": "scopes are missing"})
        given = super().served(asked)
        results = given.body.get("results", []) if isinstance(given.body, dict) else []
        for row in results:
            if "properties" in row:
                row["properties"] = {n: v for n, v in row["properties"].items() if n not in self.gone(object_type)}
        return given

    def _names(self, object_type: str) -> list[str]:
        return self.left(object_type, {*EXISTING, *self.added.get(object_type, {})})

    def _property(self, object_type: str, name: str) -> Row:
        is_unique = name == "tandem_id" and f"{object_type}.{name}" not in self.shared
        kind = self.added.get(object_type, {}).get(name) or self.kind(object_type, name, "string")
        return {
            "name": name,
            "type": kind,
            "hasUniqueValue": is_unique,
            "modificationMetadata": {"readOnlyValue": False},
        }


class DescribedEspo(Described, EspoFake):
    """An EspoCRM that tells its metadata, its user's rights and its webhooks."""

    webhooks: tuple[Row, ...] = ()

    def served(self, asked: Asked) -> Given:
        """Answer a request."""
        path = asked.path.removeprefix("/api/v1/")
        if path == "App/user":
            full = {"create": "yes", "read": "all", "edit": "all", "delete": "all", "stream": "no"}
            table = {each: False if each in self.denied else full for each in ATTRIBUTES}
            return Given(200, {"user": {"userName": "tandem"}, "acl": {"table": table}})
        if path == "Metadata":
            return Given(200, self._definition(asked.query["key"].removeprefix("entityDefs.")))
        if path == "Webhook":
            return Given(200, {"total": len(self.webhooks), "list": list(self.webhooks)})
        given = super().served(asked)
        rows = given.body.get("list", [given.body]) if isinstance(given.body, dict) else []
        kind = path.partition("/")[0]
        hidden = [{name: value for name, value in row.items() if name not in self.gone(kind)} for row in rows]
        is_list = isinstance(given.body, dict) and "list" in given.body
        return Given(
            given.status, {**given.body, "list": hidden} if is_list else (hidden or [given.body])[0], given.headers
        )

    def _definition(self, kind: str) -> Row:
        fields = {name: {"type": self.kind(kind, name, "varchar")} for name in self.left(kind, self._fields(kind))}
        is_unique = f"{kind}.tandemId" not in self.shared
        indexes = {"tandemId": {"type": "unique", "columns": ["tandemId"]}} if is_unique else {}
        return {"fields": fields, "indexes": indexes, "optimisticConcurrencyControl": self.versioned}

    def _fields(self, kind: str) -> list[str]:
        links = {"accountId": "account", "salesOrderId": "salesOrder", "productId": "product"}
        return [links.get(name, name) for name in ATTRIBUTES[kind]]


class DescribedSalesforce(Described, SalesforceFake):
    """An org that describes its objects."""

    def _answered(self, asked: Asked, path: str) -> Given:
        if path == "limits":
            return Given(200, {"DailyApiRequests": {"Max": 100_000, "Remaining": 99_982}})
        parts = path.split("/")
        if parts[0] == "sobjects" and parts[2:] == ["describe"]:
            return refused(404, "NOT_FOUND") if parts[1] in self.denied else Given(200, self._object(parts[1]))
        return super()._answered(asked, path)

    def _queried(self, asked: Asked, verb: str) -> Given:
        found = QUERY.fullmatch(asked.query["q"])
        if found is not None and set(found["columns"].split(", ")) & self.gone(found["type"]):
            return refused(400, "INVALID_FIELD", "No such column on this entity")
        return super()._queried(asked, verb)

    def _object(self, name: str) -> Row:
        fields = [self._field(name, each) for each in self.left(name, {*FIELDS[name], "Id"})]
        return {
            "name": name,
            "queryable": True,
            "createable": True,
            "updateable": True,
            "deletable": True,
            "fields": fields,
        }

    def _field(self, of: str, name: str) -> Row:
        is_ours = name == "Tandem_Id__c"
        can = {"createable": name != "TotalAmount", "updateable": name not in ("TotalAmount", "PricebookEntryId")}
        is_unique = is_ours and f"{of}.{name}" not in self.shared
        return {"name": name, "type": self.kind(of, name, "string"), "externalId": is_ours, "unique": is_unique, **can}


class DescribedOdoo(Described, OdooFake):
    """An Odoo whose models can be asked for their fields."""

    def _called(self, model: str, method: str, arguments: dict[str, Any]) -> Any:
        if method == "fields_get" and model in MODELS:
            return {name: {"type": self.kind(model, name, "char")} for name in self.left(model, MODELS[model])}
        if method == "check_access_rights" and model in MODELS:
            return model not in self.denied
        return super()._called(model, method, arguments)

    def _knows(self, model: str, fields: list[str]) -> None:
        unknown = [name for name in fields if name in self.gone(model)]
        if unknown:
            raise OdooError("builtins.ValueError", f"Invalid field {unknown[0]!r} on model {model!r}")
        super()._knows(model, fields)


class DescribedTryton(Described, TrytonFake):
    """A Tryton whose models can be asked for their fields."""

    NAMES = ("name", "code", "active", "customer_currency", "customer_payment_term", "identifiers", "tax_identifier")
    LISTS = ("addresses", "contact_mechanisms", "lang")

    def _called(self, asked: Asked, method: str, params: list[Any]) -> Any:
        if method == "model.ir.model.access.get_access":
            may = {"read": 1, "write": 1, "create": 1, "delete": True}
            return {model: {**may, **({"create": 0} if model in self.denied else {})} for model in params[0]}
        if method == "model.party.party.fields_get":
            names = self.left("party.party", (*self.NAMES, *self.LISTS))
            return {name: {"type": self.kind("party.party", name, "char")} for name in names}
        asked_for = params[4] if method == "model.party.party.search_read" else []
        for name in asked_for:
            if name.partition(".")[0] in self.gone("party.party"):
                raise TrytonFault(f"'{name}'", "")
        return super()._called(asked, method, params)


class DescribedRest(Described, RestFake):
    """A plain system in which fields come and go."""

    def served(self, asked: Asked) -> Given:
        """Answer a request."""
        if PATH in self.denied and asked.method == "GET":
            return Given(403, {"title": "Forbidden"})
        given = super().served(asked)
        return Given(given.status, self._hidden(given.body), given.headers) if asked.path.startswith(PATH) else given

    def _hidden(self, body: Json) -> Json:
        if isinstance(body, dict) and "data" in body:
            return {**body, "data": [self._hidden(row) for row in body["data"]]}
        if isinstance(body, dict):
            return {name: value for name, value in body.items() if f"{PATH}.{name}" not in self.lost}
        return body
