"""People enter records: new ones, the same ones in two systems, copies, and what was deleted once more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from shared.core.paths import element_of
from shared.core.values import Reference, Value
from tests.simulation.partner import Partner
from tests.simulation.picking import elements_of, new_contact, new_line, person_of, pick
from tests.simulation.plan import Act
from tests.simulation.stage import Stage


@dataclass(frozen=True, slots=True)
class Scene:
    """Where people work: the systems, and what happens there later."""

    partners: Mapping[str, Partner]
    stage: Stage
    dice: Random

    def others(self, partner: Partner) -> list[Partner]:
        """Return the systems besides this one."""
        return [each for each in self.partners.values() if each is not partner]


def enter_customer(scene: Scene, partner: Partner, act: Act) -> str:
    fields: dict[str, Value] = {
        "name": f"n{act.number}",
        "email": f"e{act.number}@x.org",
        "phone": None if act.other % 3 == 0 else f"+{act.number}",
        "addresses[billing].city": f"city{act.number}",
    }
    if act.other % 2:
        fields.update(new_contact(partner, act.number))
    name = partner.enter("customer", fields, f"person {act.number}")
    if scene.stage.chance.strikes("entered on both sides"):
        other = scene.others(partner)[act.other % (len(scene.partners) - 1)]
        scene.stage.after(scene.dice.uniform(0.0, 6.0), lambda: enter_too(scene, other, partner, name, act))
    return f"enters customer {name} ({fields['email']})"


def enter_too(scene: Scene, partner: Partner, other: Partner, name: str, act: Act) -> None:
    told = enter_same(partner, other, name, act)
    if told:
        scene.stage.tell(f"{partner.name}: somebody {told}")


def enter_same_customer(scene: Scene, partner: Partner, act: Act) -> str:
    """The same person comes to two systems: entered there with the same e-mail before anything was in step."""
    other = scene.others(partner)[act.other % (len(scene.partners) - 1)]
    name = pick(other, "customer", act.pick)
    return enter_customer(scene, partner, act) if name is None else enter_same(partner, other, name, act)


def enter_same(partner: Partner, other: Partner, name: str, act: Act) -> str:
    shown = other.rows["customer", name].fields
    email = shown.get("email")
    if not email or any(partner.rows["customer", i].fields.get("email") == email for i in partner.ids("customer")):
        return ""
    fields: dict[str, Value] = {"name": f"n{act.number}b", "email": email}
    for number, contact in enumerate(elements_of(other, "customer", name) * (1 + act.other % 2)):
        key = f"contacts[{partner.new_element()}]"
        same = {f"{key}.{part}": shown.get(f"contacts[{contact}].{part}") for part in ("name", "email")}
        fields.update({key: True, **same, f"{key}.phone": f"q{act.number}.{number}"})
    made = partner.enter("customer", fields, person_of(other, name))
    return f"enters the customer of {name} too, as {made} ({email})"


def enter_same_order(scene: Scene, partner: Partner, act: Act) -> str:
    """An order that another system has already is entered by hand as well, under the same number."""
    other = scene.others(partner)[act.other % (len(scene.partners) - 1)]
    name, customer = pick(other, "order", act.pick), pick(partner, "customer", act.pick)
    if name is None or customer is None:
        return ""
    number = other.rows["order", name].fields["number"]
    if any(partner.rows["order", each].fields.get("number") == number for each in partner.ids("order")):
        return ""
    fields: dict[str, Value] = {
        "number": number,
        "customer": Reference(partner.name, "customer", customer),
        "status": "draft",
        "total": Decimal(act.number + 1000),
    }
    made = partner.enter("order", {**fields, **new_line(partner, act)}, f"order {number}")
    return f"enters order {number} too, as {made}"


def hand_email_on(scene: Scene, partner: Partner, act: Act) -> str:
    """A customer gets a new e-mail, and somebody else is entered with the old one."""
    name = pick(partner, "customer", act.pick)
    email = None if name is None else partner.rows["customer", name].fields.get("email")
    if name is None or not email:
        return ""
    partner.edit("customer", name, {"email": f"e{act.number}@x.org"})
    place = partner if act.other % 2 else scene.others(partner)[act.other % (len(scene.partners) - 1)]
    made = place.enter("customer", {"name": f"n{act.number}", "email": email}, f"person {act.number}")
    return f"gives {name} a new e-mail and {email} to {place.name} {made}"


def enter_product(partner: Partner, act: Act) -> str:
    fields: dict[str, Value] = {
        "sku": f"sku{act.number}",
        "name": f"p{act.number}",
        "price": Decimal(act.number + 100),
    }
    return f"enters product {partner.enter('product', fields, f'product {act.number}')}"


def enter_order(partner: Partner, act: Act) -> str:
    customer = pick(partner, "customer", act.pick)
    if customer is None:
        return ""
    fields: dict[str, Value] = {
        "number": f"o{act.number}",
        "customer": Reference(partner.name, "customer", customer),
        "status": ("draft", "placed")[act.other % 2],
        "total": Decimal(act.number + 1000),
    }
    for _ in range(act.other % 3):
        fields.update(new_line(partner, act) or {})
    return f"enters order {partner.enter('order', fields, 'order ' + str(fields['number']))} of {customer}"


def enter_again(partner: Partner, act: Act) -> str:
    """What was deleted is entered anew, as another record with the same e-mail."""
    gone = sorted(partner.ids("customer", deleted=True))
    if not gone:
        return ""
    row = partner.rows["customer", gone[act.pick % len(gone)]]
    email = row.fields.get("email")
    if not email or any(partner.rows["customer", i].fields.get("email") == email for i in partner.ids("customer")):
        return ""
    old = person_of(partner, gone[act.pick % len(gone)])
    made = partner.enter("customer", {"name": f"n{act.number}", "email": email}, old)
    return f"enters a deleted customer again as {made} ({email})"


def clone(partner: Partner, act: Act) -> str:
    """Copy a row as a person does, with our reference; nobody copies a row that the system has lost for now."""
    name = pick(partner, "customer", act.pick)
    if name is None or ("customer", name) in partner.forgotten:
        return ""
    row = partner.rows["customer", name]
    fields = {p: v for p, v in row.fields.items() if element_of(p) is None}
    fields["name"] = f"n{act.number}"
    person = person_of(partner, name)
    if act.other % 2:
        fields["email"], person = f"e{act.number}@x.org", f"person {act.number}"
    before = len(partner.truth.edits)
    made = partner.enter("customer", fields, person, row.reference)
    edits = partner.truth.edits[before:]
    partner.truth.copied.update(each.number for each in edits if each.value == row.fields.get(each.path))
    if row.reference:
        partner.truth.cloned_references.add(row.reference)
    return f"clones {name} as {made}, our reference included ({fields.get('email')})"


def import_many(partner: Partner, act: Act) -> str:
    """Many records at once, as from a file."""
    number = 4 + act.other % 5
    for each in range(number):
        name, email = f"n{act.number}.{each}", f"e{act.number}.{each}@x.org"
        partner.enter("customer", {"name": name, "email": email}, f"person {act.number}.{each}")
    return f"imports {number} customers"
