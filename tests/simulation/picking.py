"""Which record a person turns to, and what they put there: every value is unique, so its fate can be told."""

from __future__ import annotations

from decimal import Decimal

from shared.core.paths import element_of, pattern
from shared.core.values import Reference, Value
from tests.simulation.partner import Partner
from tests.simulation.plan import Act


def pick(partner: Partner, entity: str, number: int) -> str | None:
    """Return the id of a record that stands there, if one does."""
    ids = sorted(partner.ids(entity))
    return ids[number % len(ids)] if ids else None


def elements_of(partner: Partner, entity: str, name: str) -> list[str]:
    """Return the partner's ids of a record's contacts or lines."""
    found = (element_of(path) for path in partner.rows[entity, name].fields)
    return sorted({each.key for each in found if each is not None and not each.field})


def person_of(partner: Partner, name: str) -> str:
    """Return who a customer's row is about; for a row of ours, who its record was first entered for."""
    truth, place = partner.truth, partner.place("customer", name)
    return truth.persons.get(place) or truth.origins.get(truth.made_for[place], "?")


def put(partner: Partner, entity: str, name: str, path: str, value: Value) -> str:
    if partner.rows[entity, name].fields.get(path) == value:
        return ""
    partner.edit(entity, name, {path: value})
    return f"sets {entity} {name} {path} = {value}"


def value_for(path: str, act: Act) -> Value:
    if pattern(path) in ("credit_limit", "price"):
        return Decimal(act.number) + Decimal("0.4") * (act.pick % 2)
    return (f"v{act.number}", f" v{act.number} ", f"v{act.number}", f"V{act.number}")[act.pick % 4]


def new_contact(partner: Partner, number: int) -> dict[str, Value]:
    key = f"contacts[{partner.new_element()}]"
    return {key: True, f"{key}.name": f"k{number}", f"{key}.email": f"k{number}@x.org"}


def new_line(partner: Partner, act: Act) -> dict[str, Value]:
    product = pick(partner, "product", act.other)
    if product is None:
        return {}
    key = f"lines[{partner.new_element()}]"
    reference = Reference(partner.name, "product", product)
    return {key: True, f"{key}.product": reference, f"{key}.quantity": Decimal(act.number + 5000)}
