"""People change records: fields, status, contacts, lines; they delete records, bring them back and merge them."""

from __future__ import annotations

from decimal import Decimal

from shared.core.status import may_follow
from tests.simulation.partner import Partner
from tests.simulation.picking import elements_of, new_contact, new_line, pick, put, value_for
from tests.simulation.plan import Act

DELETED_OF = ("customer", "customer", "order", "product")
"""Of which entities people delete records."""


def edit_customer(partner: Partner, act: Act) -> str:
    name = pick(partner, "customer", act.pick)
    return "" if name is None else edit(partner, "customer", name, act)


def edit(partner: Partner, entity: str, name: str, act: Act) -> str:
    """Put a new value into one field of a record."""
    if entity == "product":
        path = ("name", "price")[act.other % 2]
        return put(partner, entity, name, path, value_for(path, act))
    elements = elements_of(partner, entity, name)
    if entity == "order":
        if not elements:
            return put(partner, entity, name, "total", Decimal(act.number + 1000))
        field = ("quantity", "quantity", "shipped")[act.other % 3]
        path = f"lines[{elements[act.other % len(elements)]}].{field}"
        return put(partner, entity, name, path, Decimal(act.number))
    path = ("name", "phone", "name", "phone", "credit_limit", "addresses[billing].city", "")[act.other % 7]
    if not path and elements:
        path = f"contacts[{elements[act.other % len(elements)]}].{('name', 'phone')[act.pick % 2]}"
    return put(partner, entity, name, path or "name", value_for(path or "name", act))


def clear_field(partner: Partner, act: Act) -> str:
    name = pick(partner, "customer", act.pick)
    return "" if name is None else put(partner, "customer", name, "phone", None)


def change_email(partner: Partner, act: Act) -> str:
    name = pick(partner, "customer", act.pick)
    return "" if name is None else put(partner, "customer", name, "email", f"e{act.number}@x.org")


def edit_product(partner: Partner, act: Act) -> str:
    name = pick(partner, "product", act.pick)
    return "" if name is None else edit(partner, "product", name, act)


def edit_order(partner: Partner, act: Act) -> str:
    name = pick(partner, "order", act.pick)
    return "" if name is None else edit(partner, "order", name, act)


def set_status(partner: Partner, act: Act) -> str:
    name = pick(partner, "order", act.pick)
    status = "" if name is None else next_status(partner, name, act)
    return put(partner, "order", str(name), "status", status) if status else ""


def next_status(partner: Partner, name: str, act: Act) -> str:
    """Return the status that an act gives an order; nothing where that may not follow."""
    now = partner.rows["order", name].fields.get("status")
    crm = ("placed", "cancelled", "placed")
    erp = ("confirmed", "partly_shipped", "shipped", "confirmed", "cancelled")
    choice = erp if partner.name == "erp" else crm
    status = choice[act.other % len(choice)]
    return status if may_follow("order", now, status) else ""


def add_contact(partner: Partner, act: Act) -> str:
    name = pick(partner, "customer", act.pick)
    if name is None:
        return ""
    partner.edit("customer", name, new_contact(partner, act.number))
    return f"adds contact k{act.number} to {name}"


def edit_contact(partner: Partner, act: Act) -> str:
    name = pick(partner, "customer", act.pick)
    contacts = [] if name is None else elements_of(partner, "customer", name)
    if name is None or not contacts:
        return ""
    key, part = contacts[act.other % len(contacts)], ("name", "phone")[act.other % 2]
    return put(partner, "customer", name, f"contacts[{key}].{part}", f"v{act.number}")


def remove_contact(partner: Partner, act: Act) -> str:
    name = pick(partner, "customer", act.pick)
    contacts = [] if name is None else elements_of(partner, "customer", name)
    if name is None or not contacts:
        return ""
    return put(partner, "customer", name, f"contacts[{contacts[act.other % len(contacts)]}]", False)


def add_line(partner: Partner, act: Act) -> str:
    name = pick(partner, "order", act.pick)
    line = new_line(partner, act)
    if name is None or not line:
        return ""
    partner.edit("order", name, line)
    return f"adds a line to {name}: {line}"


def remove_line(partner: Partner, act: Act) -> str:
    name = pick(partner, "order", act.pick)
    lines = [] if name is None else elements_of(partner, "order", name)
    if name is None or not lines:
        return ""
    return put(partner, "order", name, f"lines[{lines[act.other % len(lines)]}]", False)


def delete(partner: Partner, act: Act) -> str:
    entity = DELETED_OF[act.other % len(DELETED_OF)]
    name = pick(partner, entity, act.pick)
    if name is None:
        return ""
    partner.remove(entity, name)
    return f"deletes {entity} {name}"


def delete_many(partner: Partner, act: Act) -> str:
    """Somebody cleans up: half of the customers go."""
    gone = [name for number, name in enumerate(sorted(partner.ids("customer"))) if (number + act.other) % 2]
    for name in gone:
        partner.remove("customer", name)
    return f"deletes customers {gone}" if gone else ""


def restore(partner: Partner, act: Act) -> str:
    gone = sorted(partner.ids("customer", deleted=True))
    if not gone:
        return ""
    partner.restore("customer", gone[act.pick % len(gone)])
    return f"brings customer {gone[act.pick % len(gone)]} back"


def merge(partner: Partner, act: Act) -> str:
    """Two customers become one: what the second shows goes to the first, and the second is deleted."""
    ids = sorted(partner.ids("customer"))
    if len(ids) < 2:
        return ""
    first, second = ids[act.pick % len(ids)], ids[(act.pick + 1) % len(ids)]
    partner.edit("customer", first, {"phone": f"+{act.number}"})
    partner.remove("customer", second)
    return f"merges customer {second} into {first}"
