"""The people: what they do in the systems, planned before the history begins so that single acts can be left out.

An act says what kind of thing is done, where and when; on which record is decided when the time comes, from what then
stands there. Every value a person puts is unique (`v17`), so it is known afterwards what became of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from shared.core.paths import element_of, pattern
from shared.core.status import may_follow
from shared.core.values import Reference, Value
from tests.simulation.partner import Partner
from tests.simulation.stage import Stage


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a person is going to do."""

    number: int
    at: float
    system: str
    kind: str
    pick: int
    other: int


FIRST = ("enter customer", "enter product", "enter order", "enter same customer", "enter same order")
LATER = (
    "enter same order",
    "hand email on",
    "hand email on",
    *("edit customer",) * 10,
    *("edit order",) * 7,
    *("set status",) * 5,
    *("edit contact",) * 3,
    *("edit product",) * 3,
    "enter customer",
    "enter customer",
    "enter order",
    "enter same customer",
    "add contact",
    "remove contact",
    "add line",
    "remove line",
    "change email",
    "clear field",
    "delete",
    "delete",
    "restore",
    "enter again",
    "clone",
    "merge",
)


def plan_acts(dice: Random, systems: tuple[str, ...], seconds: float) -> tuple[Act, ...]:
    """Return what people are going to do in a history, in order of time."""
    few, is_hot = dice.choice((3, 6, 12, 25)), dice.random() < 0.5
    acts = [(dice.uniform(0, 20), dice.choice(FIRST)) for _ in range(dice.choice((2, 4, 6)))]
    bursts = [dice.uniform(15, seconds) for _ in range(dice.choice((2, 5)))]
    for _ in range(few):
        at = dice.choice(bursts) + dice.uniform(0, 4) if is_hot else dice.uniform(5, seconds)
        acts.append((at, dice.choice(LATER)))
    return tuple(
        Act(number, at, dice.choice(systems), kind, _pick_one(dice, is_hot), dice.randrange(1000))
        for number, (at, kind) in enumerate(sorted(acts))
    )


def _pick_one(dice: Random, is_hot: bool) -> int:
    """Where it is hot, most acts are about the same record."""
    return 0 if is_hot and dice.random() < 0.6 else dice.randrange(1000)


class People:
    """Everybody who works in the systems."""

    def __init__(self, partners: Mapping[str, Partner], stage: Stage) -> None:
        """Work in these systems."""
        self._partners, self._stage = partners, stage
        self._tell, self._count = stage.tell, stage.chance.note
        self._reactions = 0
        self._dice = stage.chance.of("people")

    def do(self, act: Act) -> None:
        """Do one act, if there is anything to do it to."""
        partner = self._partners[act.system]
        verb = getattr(self, "_" + act.kind.replace(" ", "_"))
        told = verb(partner, act)
        if told:
            self._count(f"people: {act.kind}")
            self._tell(f"{partner.name}: somebody {told}")

    def react(self, partner: Partner, entity: str, name: str) -> None:
        """Edit a record, just when we have read or written it."""
        if (entity, name) not in partner.rows or partner.rows[entity, name].is_deleted:
            return
        self._reactions += 1
        number = 1000 + self._reactions
        act = Act(number, 0.0, partner.name, "react", number % 4, self._dice.randrange(1000))
        told = self._edit(partner, entity, name, act)
        if told:
            self._tell(f"{partner.name}: somebody just then {told}")

    # -- entering ----------------------------------------------------------------------------------------------------

    def _enter_customer(self, partner: Partner, act: Act) -> str:
        fields: dict[str, Value] = {
            "name": f"n{act.number}",
            "email": f"e{act.number}@x.org",
            "phone": None if act.other % 3 == 0 else f"+{act.number}",
            "addresses[billing].city": f"city{act.number}",
        }
        if act.other % 2:
            fields.update(self._contact(partner, act.number))
        name = partner.enter("customer", fields, f"person {act.number}")
        if self._stage.chance.strikes("entered on both sides"):
            other = self._others(partner)[act.other % (len(self._partners) - 1)]
            self._stage.after(self._dice.uniform(0.0, 6.0), lambda: self._enter_too(other, partner, name, act))
        return f"enters customer {name} ({fields['email']})"

    def _enter_too(self, partner: Partner, other: Partner, name: str, act: Act) -> None:
        told = self._enter_same(partner, other, name, act)
        if told:
            self._tell(f"{partner.name}: somebody {told}")

    def _others(self, partner: Partner) -> list[Partner]:
        return [each for each in self._partners.values() if each is not partner]

    def _enter_same_customer(self, partner: Partner, act: Act) -> str:
        """The same person comes to two systems: entered there with the same e-mail before anything was in step."""
        other = self._others(partner)[act.other % (len(self._partners) - 1)]
        name = _pick(other, "customer", act.pick)
        return self._enter_customer(partner, act) if name is None else self._enter_same(partner, other, name, act)

    def _enter_same(self, partner: Partner, other: Partner, name: str, act: Act) -> str:
        shown = other.rows["customer", name].fields
        email = shown.get("email")
        if not email or any(partner.rows["customer", i].fields.get("email") == email for i in partner.ids("customer")):
            return ""
        fields: dict[str, Value] = {"name": f"n{act.number}b", "email": email}
        for number, contact in enumerate(_elements(other, "customer", name) * (1 + act.other % 2)):
            key = f"contacts[{partner.new_element()}]"
            same = {f"{key}.{part}": shown.get(f"contacts[{contact}].{part}") for part in ("name", "email")}
            fields.update({key: True, **same, f"{key}.phone": f"q{act.number}.{number}"})
        made = partner.enter("customer", fields, self._person(other, name))
        return f"enters the customer of {name} too, as {made} ({email})"

    def _enter_same_order(self, partner: Partner, act: Act) -> str:
        """An order that another system has already is entered by hand as well, under the same number."""
        other = self._others(partner)[act.other % (len(self._partners) - 1)]
        name, customer = _pick(other, "order", act.pick), _pick(partner, "customer", act.pick)
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
        made = partner.enter("order", {**fields, **self._line(partner, act)}, f"order {number}")
        return f"enters order {number} too, as {made}"

    def _hand_email_on(self, partner: Partner, act: Act) -> str:
        """A customer gets a new e-mail, and somebody else is entered with the old one."""
        name = _pick(partner, "customer", act.pick)
        email = None if name is None else partner.rows["customer", name].fields.get("email")
        if name is None or not email:
            return ""
        partner.edit("customer", name, {"email": f"e{act.number}@x.org"})
        place = partner if act.other % 2 else self._others(partner)[act.other % (len(self._partners) - 1)]
        made = place.enter("customer", {"name": f"n{act.number}", "email": email}, f"person {act.number}")
        return f"gives {name} a new e-mail and {email} to {place.name} {made}"

    def _enter_product(self, partner: Partner, act: Act) -> str:
        fields: dict[str, Value] = {
            "sku": f"sku{act.number}",
            "name": f"p{act.number}",
            "price": Decimal(act.number + 100),
        }
        return f"enters product {partner.enter('product', fields, f'product {act.number}')}"

    def _enter_order(self, partner: Partner, act: Act) -> str:
        customer = _pick(partner, "customer", act.pick)
        if customer is None:
            return ""
        fields: dict[str, Value] = {
            "number": f"o{act.number}",
            "customer": Reference(partner.name, "customer", customer),
            "status": ("draft", "placed")[act.other % 2],
            "total": Decimal(act.number + 1000),
        }
        for _ in range(act.other % 3):
            fields.update(self._line(partner, act) or {})
        return f"enters order {partner.enter('order', fields, 'order ' + str(fields['number']))} of {customer}"

    def _enter_again(self, partner: Partner, act: Act) -> str:
        """What was deleted is entered anew, as another record with the same e-mail."""
        gone = sorted(partner.ids("customer", deleted=True))
        if not gone:
            return ""
        row = partner.rows["customer", gone[act.pick % len(gone)]]
        email = row.fields.get("email")
        if not email or any(partner.rows["customer", i].fields.get("email") == email for i in partner.ids("customer")):
            return ""
        old = self._person(partner, gone[act.pick % len(gone)])
        made = partner.enter("customer", {"name": f"n{act.number}", "email": email}, old)
        return f"enters a deleted customer again as {made} ({email})"

    def _clone(self, partner: Partner, act: Act) -> str:
        name = _pick(partner, "customer", act.pick)
        if name is None:
            return ""
        row = partner.rows["customer", name]
        fields = {p: v for p, v in row.fields.items() if element_of(p) is None}
        fields["name"] = f"n{act.number}"
        person = self._person(partner, name)
        if act.other % 2:
            fields["email"], person = f"e{act.number}@x.org", f"person {act.number}"
        made = partner.enter("customer", fields, person, row.reference)
        if row.reference:
            partner.truth.cloned_references.add(row.reference)
        return f"clones {name} as {made}, our reference included ({fields.get('email')})"

    # -- editing -----------------------------------------------------------------------------------------------------

    def _edit_customer(self, partner: Partner, act: Act) -> str:
        name = _pick(partner, "customer", act.pick)
        return "" if name is None else self._edit(partner, "customer", name, act)

    def _edit(self, partner: Partner, entity: str, name: str, act: Act) -> str:
        """Put a new value into one field of a record."""
        if entity == "product":
            path = ("name", "price")[act.other % 2]
            return self._put(partner, entity, name, path, self._value(path, act))
        elements = _elements(partner, entity, name)
        if entity == "order":
            if not elements:
                return self._put(partner, entity, name, "total", Decimal(act.number + 1000))
            field = ("quantity", "quantity", "shipped")[act.other % 3]
            path = f"lines[{elements[act.other % len(elements)]}].{field}"
            return self._put(partner, entity, name, path, Decimal(act.number))
        path = ("name", "phone", "name", "phone", "credit_limit", "addresses[billing].city", "")[act.other % 7]
        if not path and elements:
            path = f"contacts[{elements[act.other % len(elements)]}].{('name', 'phone')[act.pick % 2]}"
        return self._put(partner, entity, name, path or "name", self._value(path or "name", act))

    def _clear_field(self, partner: Partner, act: Act) -> str:
        name = _pick(partner, "customer", act.pick)
        return "" if name is None else self._put(partner, "customer", name, "phone", None)

    def _change_email(self, partner: Partner, act: Act) -> str:
        name = _pick(partner, "customer", act.pick)
        return "" if name is None else self._put(partner, "customer", name, "email", f"e{act.number}@x.org")

    def _edit_product(self, partner: Partner, act: Act) -> str:
        name = _pick(partner, "product", act.pick)
        return "" if name is None else self._edit(partner, "product", name, act)

    def _edit_order(self, partner: Partner, act: Act) -> str:
        name = _pick(partner, "order", act.pick)
        return "" if name is None else self._edit(partner, "order", name, act)

    def _set_status(self, partner: Partner, act: Act) -> str:
        name = _pick(partner, "order", act.pick)
        if name is None:
            return ""
        now = partner.rows["order", name].fields.get("status")
        crm = ("placed", "cancelled", "placed")
        erp = ("confirmed", "partly_shipped", "shipped", "confirmed", "cancelled")
        choice = erp if partner.name == "erp" else crm
        status = choice[act.other % len(choice)]
        return self._put(partner, "order", name, "status", status) if may_follow("order", now, status) else ""

    # -- contacts and lines ------------------------------------------------------------------------------------------

    def _add_contact(self, partner: Partner, act: Act) -> str:
        name = _pick(partner, "customer", act.pick)
        if name is None:
            return ""
        partner.edit("customer", name, self._contact(partner, act.number))
        return f"adds contact k{act.number} to {name}"

    def _edit_contact(self, partner: Partner, act: Act) -> str:
        name = _pick(partner, "customer", act.pick)
        contacts = [] if name is None else _elements(partner, "customer", name)
        if name is None or not contacts:
            return ""
        key, part = contacts[act.other % len(contacts)], ("name", "phone")[act.other % 2]
        return self._put(partner, "customer", name, f"contacts[{key}].{part}", f"v{act.number}")

    def _remove_contact(self, partner: Partner, act: Act) -> str:
        name = _pick(partner, "customer", act.pick)
        contacts = [] if name is None else _elements(partner, "customer", name)
        if name is None or not contacts:
            return ""
        return self._put(partner, "customer", name, f"contacts[{contacts[act.other % len(contacts)]}]", False)

    def _add_line(self, partner: Partner, act: Act) -> str:
        name = _pick(partner, "order", act.pick)
        line = self._line(partner, act)
        if name is None or not line:
            return ""
        partner.edit("order", name, line)
        return f"adds a line to {name}: {line}"

    def _remove_line(self, partner: Partner, act: Act) -> str:
        name = _pick(partner, "order", act.pick)
        lines = [] if name is None else _elements(partner, "order", name)
        if name is None or not lines:
            return ""
        return self._put(partner, "order", name, f"lines[{lines[act.other % len(lines)]}]", False)

    # -- ends --------------------------------------------------------------------------------------------------------

    def _delete(self, partner: Partner, act: Act) -> str:
        entity = ("customer", "customer", "order", "product")[act.other % 4]
        name = _pick(partner, entity, act.pick)
        if name is None:
            return ""
        partner.remove(entity, name)
        return f"deletes {entity} {name}"

    def _restore(self, partner: Partner, act: Act) -> str:
        gone = sorted(partner.ids("customer", deleted=True))
        if not gone:
            return ""
        partner.restore("customer", gone[act.pick % len(gone)])
        return f"brings customer {gone[act.pick % len(gone)]} back"

    def _merge(self, partner: Partner, act: Act) -> str:
        """Two customers become one: what the second shows goes to the first, and the second is deleted."""
        ids = sorted(partner.ids("customer"))
        if len(ids) < 2:
            return ""
        first, second = ids[act.pick % len(ids)], ids[(act.pick + 1) % len(ids)]
        partner.edit("customer", first, {"phone": f"+{act.number}"})
        partner.remove("customer", second)
        return f"merges customer {second} into {first}"

    # -- values ------------------------------------------------------------------------------------------------------

    def _person(self, partner: Partner, name: str) -> str:
        """Return who a customer's row is about; for a row of ours, who its record was first entered for."""
        truth, place = partner.truth, partner.place("customer", name)
        return truth.persons.get(place) or truth.origins.get(truth.made_for[place], "?")

    def _put(self, partner: Partner, entity: str, name: str, path: str, value: Value) -> str:
        if partner.rows[entity, name].fields.get(path) == value:
            return ""
        partner.edit(entity, name, {path: value})
        return f"sets {entity} {name} {path} = {value}"

    def _value(self, path: str, act: Act) -> Value:
        if pattern(path) in ("credit_limit", "price"):
            return Decimal(act.number) + Decimal("0.4") * (act.pick % 2)
        return (f"v{act.number}", f" v{act.number} ", f"v{act.number}", f"V{act.number}")[act.pick % 4]

    def _contact(self, partner: Partner, number: int) -> dict[str, Value]:
        key = f"contacts[{partner.new_element()}]"
        return {key: True, f"{key}.name": f"k{number}", f"{key}.email": f"k{number}@x.org"}

    def _line(self, partner: Partner, act: Act) -> dict[str, Value]:
        product = _pick(partner, "product", act.other)
        if product is None:
            return {}
        key = f"lines[{partner.new_element()}]"
        reference = Reference(partner.name, "product", product)
        return {key: True, f"{key}.product": reference, f"{key}.quantity": Decimal(act.number + 1)}


def _pick(partner: Partner, entity: str, number: int) -> str | None:
    ids = sorted(partner.ids(entity))
    return ids[number % len(ids)] if ids else None


def _elements(partner: Partner, entity: str, name: str) -> list[str]:
    found = (element_of(path) for path in partner.rows[entity, name].fields)
    return sorted({each.key for each in found if each is not None and not each.field})
