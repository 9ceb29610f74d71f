"""Kinds of partner: what a fake system does differently from a perfect one, and how its connector declares it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from shared.core.rules import SystemRules
from shared.core.values import Value
from tests.simulation.themes import Theme

FIELDS: Mapping[str, frozenset[str]] = {
    "customer": frozenset(
        {"name", "email", "phone", "credit_limit", "addresses[].city"}
        | {"contacts[]", "contacts[].name", "contacts[].email", "contacts[].phone"}
    ),
    "product": frozenset({"sku", "name", "price"}),
    "order": frozenset(
        {"number", "customer", "status", "total", "lines[]"}
        | {f"lines[].{part}" for part in ("product", "quantity", "shipped")}
    ),
}
COLLECTIONS: Mapping[str, frozenset[str]] = {
    "customer": frozenset({"contacts"}),
    "order": frozenset({"lines"}),
    "product": frozenset(),
}
PLAIN: Mapping[str, tuple[str, ...]] = {
    entity: tuple(
        sorted(
            path.replace("addresses[]", "addresses[billing]")
            for path in paths
            if not path.startswith(("contacts", "lines"))
        )
    )
    for entity, paths in FIELDS.items()
}
"""The fields that a full answer always shows, be they empty."""
PARTS: Mapping[str, tuple[str, ...]] = {
    "contacts": ("name", "email", "phone"),
    "lines": ("product", "quantity", "shipped"),
}
ENTITIES = ("customer", "product", "order")
KEYS = {
    "customer": frozenset({"email"}),
    "product": frozenset({"sku"}),
    "order": frozenset({"number", "customer+number"}),
}
SHY = frozenset({"name", "phone", "credit_limit", "addresses[billing].city", "price", "total"})
"""What a shy partner now and then does not show."""

SIDES = {"crm": "crm", "erp": "supply_chain", "shop": "crm"}

LEASE_SECONDS = 60
LOOK_SECONDS = 8
APPLY_SECONDS = 6
OVERLAP_SECONDS = 6.0

_SPELLINGS: Mapping[str, Callable[[Value], Value]] = {
    "trim": lambda value: value.strip() if isinstance(value, str) else value,
    "upper": lambda value: value.upper() if isinstance(value, str) else value,
    "round:0": lambda value: (
        value.quantize(Decimal(1), rounding=ROUND_HALF_UP) if isinstance(value, Decimal) else value
    ),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of partner. The defaults are the best one; `revision` is counter, time, second, minute or none.

    After `poll_rounds` polls without a fault everything has been shown: one that was cut short goes on where it was,
    and what changed behind it comes with the next.
    """

    name: str = "best"
    revision: str = "counter"
    has_precondition: bool = True
    carries_reference: bool = True
    can_be_asked: bool = True
    answers: str = "stored"
    webhooks: str = "state"
    tells_deletes: bool = True
    runs_backwards: bool = False
    find_lag: float = 0.0
    read_lag: float = 0.0
    stable_listing: bool = True
    children_apart: bool = False
    is_atomic: bool = False
    keeps_numbers_apart: bool = True
    declared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    undeclared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignores: frozenset[str] = frozenset()
    late: frozenset[str] = frozenset()
    is_shy: bool = False
    takes_no_new: frozenset[str] = frozenset()
    poll_rounds: int = 1
    confirms: bool = False
    rejects: frozenset[str] = frozenset()
    names_backwards: bool = False

    @property
    def is_exact(self) -> bool:
        """Tell whether its precondition is exact: nothing may be lost there (property: the windows are 0)."""
        return self.has_precondition and self.revision in ("counter", "time") and not self.runs_backwards

    @property
    def is_honest(self) -> bool:
        """Tell whether it stores what it is sent, or says how it spells it, and always takes effect."""
        return not (self.undeclared or self.ignores or self.late or self.takes_no_new or self.rejects)

    def is_honest_about(self, path: str) -> bool:
        """Tell whether it is honest about one field (a pattern), whatever it does with others."""
        collection = path.partition("[]")[0]
        dishonest = {*self.undeclared, *self.ignores, *self.late, *self.rejects}
        return path not in dishonest and ("[]" not in path or collection not in self.takes_no_new)

    @property
    def has_no_window(self) -> bool:
        """Tell whether nothing can be lost between our reading and our writing: exact, honest, covering everything."""
        return self.is_exact and self.is_honest and not self.children_apart

    def has_no_window_for(self, path: str) -> bool:
        """Tell the same of one field (a pattern), whatever becomes of others."""
        return self.is_exact and self.is_honest_about(path) and not self.is_apart(path)

    def has(self, entity: str) -> bool:
        """Tell whether this partner has an entity."""
        return entity in FIELDS

    def is_apart(self, path: str) -> bool:
        """Tell whether no revision, and so no precondition, covers a field."""
        return self.children_apart and path.startswith("contacts")

    def spelled(self, path: str, value: Value) -> Value:
        """Return a value as this partner keeps it."""
        for forms in (self.declared, self.undeclared):
            for form in forms.get(path, ()):
                value = _SPELLINGS[form](value)
        return value

    def rules(self, system: str, entity: str) -> SystemRules:
        """Return what its connector declares for an entity."""
        fields = FIELDS[entity]
        apart = (
            frozenset(path for path in fields if path.startswith("contacts")) if self.children_apart else frozenset()
        )
        return SystemRules(
            system,
            SIDES[system],
            fields,
            fields,
            uncovered=apart,
            exact=self.is_exact,
            stale_reads=self.read_lag > 0,
            carries_reference=self.carries_reference,
            keys=KEYS[entity] if self.can_be_asked else frozenset(),
            consistent_listing=self.stable_listing,
            stored_forms=self.declared,
            apply_seconds=APPLY_SECONDS if self.late else 0,
            look_up_seconds=LOOK_SECONDS if self.find_lag else 0,
            lease_seconds=LEASE_SECONDS,
        )


BEST = Kind()
_SPELLED = {"name": ("trim",), "phone": ("upper",), "credit_limit": ("round:0",), "contacts[].name": ("trim",)}
KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        BEST,
        Kind("guarded", answers="id", webhooks="id"),
        Kind("revisions", answers="revision", webhooks="partial"),
        Kind("sparse", answers="sparse", webhooks="partial"),
        Kind("time", revision="time"),
        Kind("no precondition", has_precondition=False),
        Kind("seconds", revision="second", answers="id"),
        Kind("minutes", revision="minute", webhooks="state"),
        Kind("backwards", revision="time", runs_backwards=True, has_precondition=False),
        Kind("no revision", revision="none", has_precondition=False, webhooks="none", tells_deletes=False),
        Kind("no reference", carries_reference=False),
        Kind("no look-up", carries_reference=False, can_be_asked=False, answers="id", keeps_numbers_apart=False),
        Kind("slow look-up", find_lag=5.0, answers="revision"),
        Kind("stale", read_lag=3.0),
        Kind("stale revisions", read_lag=3.0, answers="revision"),
        Kind("shy", is_shy=True),
        Kind("no new contacts", takes_no_new=frozenset({"contacts"})),
        Kind("no new lines", takes_no_new=frozenset({"lines"}), answers="id"),
        Kind("spelling", declared=_SPELLED),
        Kind("own spelling", undeclared=_SPELLED, answers="stored"),
        Kind("mute", undeclared=_SPELLED, answers="nothing"),
        Kind("ignoring", ignores=frozenset({"phone"})),
        Kind("late", late=frozenset({"credit_limit", "phone"})),
        Kind("listing", stable_listing=False, tells_deletes=False, webhooks="none"),
        Kind("children apart", children_apart=True),
        Kind("atomic", is_atomic=True, answers="revision"),
    )
}
MIXES = ("best", "guarded", "exact", "any", "any", "any")


def draw_kinds(systems: tuple[str, ...], dice: Random, theme: Theme) -> tuple[str, dict[str, Kind]]:
    """Return a mix of kinds for one history: all best, all with exact preconditions, or anything with the theme's."""
    mix = "any" if theme.kinds and dice.random() < 0.6 else dice.choice(MIXES)
    if mix == "best":
        return mix, dict.fromkeys(systems, BEST)
    if mix == "guarded":
        return mix, dict.fromkeys(systems, KINDS["guarded"])
    exact = [kind for kind in KINDS.values() if kind.has_no_window]
    pool = exact if mix == "exact" else list(KINDS.values())
    kinds = {system: dice.choice(pool) for system in systems}
    if theme.kinds and mix == "any":
        kinds[dice.choice(systems)] = KINDS[dice.choice(theme.kinds)]
    return mix, kinds
