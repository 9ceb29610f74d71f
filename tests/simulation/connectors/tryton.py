"""Tryton in the simulation, as the ERP: parties with addresses, and persons made of contact mechanisms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.connectors.tryton import CAPABILITIES, TrytonSettings, connect
from tests.connectors.fakes.base import Fake, Row
from tests.connectors.fakes.tryton import TrytonFake
from tests.simulation.connectors.binding import URL, Binding
from tests.simulation.connectors.desk import Cells, Desk, Sheet, plain

PARTIES, PERSONS, PARENT = "party", "person", "@party"
OURS = "tandem:"
MECHANISMS = ("email", "phone")
SHEET = Sheet(
    PARTIES,
    {
        "name": plain("name"),
        "number": plain("code"),
        "email": plain("email"),
        "phone": plain("phone"),
        "addresses[billing].city": plain("city"),
        "contacts[].name": plain("name"),
        "contacts[].email": plain("email"),
        "contacts[].phone": plain("phone"),
    },
    "reference",
    PERSONS,
    PARENT,
    "contacts",
)


class TrytonTables:
    """The parties of a fake database, and the persons of whom their mechanisms speak; a person is known by the name."""

    def __init__(self, fake: TrytonFake) -> None:
        self._fake = fake

    def live(self, table: str) -> Mapping[str, Cells]:
        """Return the active parties, or their persons."""
        parties = {str(each): row for each, row in self._fake.parties.items() if row["active"]}
        if table == PARTIES:
            return {each: _party(row) for each, row in parties.items()}
        return {
            str(min(row["id"] for row in rows)): {PARENT: each, "name": name, **_values(rows)}
            for each, party in parties.items()
            for name, rows in _persons(party).items()
        }

    def insert(self, table: str, cells: Cells) -> str:
        """Enter a party, or a person of one."""
        if table == PARTIES:
            own = {name: cells[name] for name in ("name", "code") if cells.get(name)}
            made = self._fake.enter(**{"code": f"P{len(self._fake.parties) + 1}", **own})
            self.update(table, made, cells)
            return made
        self._lay(cells[PARENT], str(cells["name"]), cells)
        return next(each for each, row in self.live(PERSONS).items() if _is_same(row, cells))

    def update(self, table: str, external_id: str, cells: Cells) -> None:
        """Change a party, or a person."""
        if table == PERSONS:
            known = self.live(PERSONS)[external_id]
            self._lay(known[PARENT], known["name"], cells)
            return
        party = self._fake.parties[int(external_id)]
        own = {name: cells[name] for name in ("name", "code") if name in cells}
        mechanisms = list(_edits([row for row in party["contact_mechanisms"] if not row["name"]], cells, None))
        addresses = _city(party["addresses"], cells["city"]) if "city" in cells else []
        self._fake.edit(external_id, **own, contact_mechanisms=mechanisms, addresses=addresses)

    def delete(self, table: str, external_id: str) -> None:
        """Deactivate a party, or remove the mechanisms of a person."""
        if table == PARTIES:
            self._fake.edit(external_id, active=False)
            return
        known = self.live(PERSONS)[external_id]
        rows = _persons(self._fake.parties[int(known[PARENT])])[known["name"]]
        self._fake.edit(known[PARENT], contact_mechanisms=[["delete", [row["id"] for row in rows]]])

    def _lay(self, parent: str, name: str, cells: Cells) -> None:
        rows = _persons(self._fake.parties[int(parent)]).get(name, [])
        edits = list(_edits(rows, cells, str(cells.get("name", name))))
        if cells.get("name", name) != name:
            edits.append(["write", [row["id"] for row in rows], {"name": cells["name"]}])
        self._fake.edit(parent, contact_mechanisms=edits)


def _party(party: Row) -> Row:
    own = [row for row in party["contact_mechanisms"] if not row["name"]]
    codes = (str(each["code"]) for each in party["identifiers"])
    reference = next((code.removeprefix(OURS) for code in codes if code.startswith(OURS)), None)
    city = next((each.get("city") for each in party["addresses"] if each.get("invoice")), None)
    code = None if party["code"] == reference else party["code"]
    return {"name": party["name"], "code": code, **_values(own), "city": city, "reference": reference}


def _persons(party: Row) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in party["contact_mechanisms"]:
        if row["name"]:
            found.setdefault(row["name"], []).append(row)
    return found


def _values(rows: Iterable[Row]) -> Row:
    return {kind: next((row["value"] for row in rows if row["type"] == kind), None) for kind in MECHANISMS}


def _edits(rows: list[Row], cells: Cells, name: str | None) -> Iterable[list[Any]]:
    for kind in MECHANISMS:
        row = next((row for row in rows if row["type"] == kind), None)
        if kind not in cells or (row is None and not cells[kind]):
            continue
        if row is None:
            yield ["create", [{"type": kind, "value": cells[kind], "name": name}]]
        elif cells[kind]:
            yield ["write", [row["id"]], {"value": cells[kind]}]
        else:
            yield ["delete", [row["id"]]]


def _city(addresses: list[Row], city: str | None) -> list[list[Any]]:
    row = next((each for each in addresses if each.get("invoice")), None)
    if row is None:
        return [["create", [{"city": city, "invoice": True}]]] if city else []
    return [["write", [row["id"]], {"city": city}]]


def _is_same(row: Cells, cells: Cells) -> bool:
    return (row[PARENT], row["name"]) == (cells[PARENT], cells["name"])


def desk(fake: Fake) -> Desk:
    """Return the desk of a database."""
    assert isinstance(fake, TrytonFake)
    return Desk("erp", TrytonTables(fake), {"customer": SHEET})


SETTINGS = TrytonSettings.model_validate({"name": "erp", "base_url": URL, "database": "erp", "secret": "erp"})

TRYTON = Binding(
    name="tryton",
    system="erp",
    make_fake=TrytonFake,
    connect=lambda around: connect(
        SETTINGS, around.read_secret, around.tokens, around.clock, around.deadline, around.transport
    ),
    desk=desk,
    secret={"username": "somebody", "password": "a-live-password"},
    settings=SETTINGS,
    entities=lambda settings: {"customer": CAPABILITIES.entities(settings)["customer"]},
    leaves_out=frozenset({"contacts"}),
)
