"""What holds where `integration.toml` says nothing: who owns, who creates, who writes, what identifies.

The table speaks of sides, not of systems: a CRM owns customers and orders, the supply chain owns what it holds in its
hands and what is on its way to it, and the side that owns such a thing is the only one to write it. The functions below
turn the table into rules of the systems that take part. A side counts only with the systems that show the field; where
nobody of that side does, everybody writes, so that a default never makes a field unwritable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from shared.core.paths import pattern
from shared.core.rules import OURS, FieldRule, MatchKey, SystemRules

CRM = "crm"
SUPPLY_CHAIN = "supply_chain"
SIDES = (CRM, SUPPLY_CHAIN)
ALL = "all"
OWNER = "owner"
OWNERS_SIDE = "owner's side"


@dataclass(frozen=True, slots=True)
class FieldDefault:
    """Who writes a field: a side, the owner, the owner's side, all or Tandem; per status value, from a status on."""

    writers: str = ALL
    writers_of: Mapping[str, str] = field(default_factory=dict)
    writers_from: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EntityDefault:
    """An entity's owner and creators by side, its match keys, and who writes its fields (`*`: those not named)."""

    owner: str
    creators: str = ALL
    identity: tuple[MatchKey, ...] = ()
    fields: Mapping[str, FieldDefault] = field(default_factory=dict)

    def of(self, path: str) -> FieldDefault:
        """Return what holds for a path: its own row, that of its collection or group (`lines`, `ship_to`), or `*`."""
        group = path.partition("[")[0].partition(".")[0]
        return self.fields.get(pattern(path)) or self.fields.get(group) or self.fields.get("*") or FieldDefault()


_UNTIL_CONFIRMED = FieldDefault(writers_from={"confirmed": SUPPLY_CHAIN})
_ONLY_TANDEM = FieldDefault(OURS)
_ONLY_THE_OWNERS_SIDE = {"*": FieldDefault(OWNERS_SIDE)}

DEFAULTS: Mapping[str, EntityDefault] = MappingProxyType(
    {
        "customer": EntityDefault(
            owner=CRM,
            identity=(
                MatchKey("tax_number", ("tax_number",), unique=True),
                MatchKey("number", ("number",), unique=True),
                MatchKey("email", ("email",)),
            ),
        ),
        "product": EntityDefault(
            owner=SUPPLY_CHAIN,
            identity=(MatchKey("sku", ("sku",), unique=True), MatchKey("gtin", ("gtin",), unique=True)),
            fields=_ONLY_THE_OWNERS_SIDE,
        ),
        "order": EntityDefault(
            owner=CRM,
            identity=(MatchKey("number", ("number",), unique=True),),
            fields={
                "status": FieldDefault(
                    writers_of={
                        "confirmed": SUPPLY_CHAIN,
                        "partly_shipped": SUPPLY_CHAIN,
                        "shipped": SUPPLY_CHAIN,
                        "delivered": SUPPLY_CHAIN,
                    }
                ),
                "customer": _UNTIL_CONFIRMED,
                "wanted_at": _UNTIL_CONFIRMED,
                "currency": _UNTIL_CONFIRMED,
                "freight": _UNTIL_CONFIRMED,
                "lines": _UNTIL_CONFIRMED,
                "ship_to": _UNTIL_CONFIRMED,
                "location": FieldDefault(SUPPLY_CHAIN),
                "lines[].shipped": FieldDefault(SUPPLY_CHAIN),
                "total": FieldDefault(OWNER),
                "tax": FieldDefault(OWNER),
                "promise": _ONLY_TANDEM,
            },
        ),
        "opportunity": EntityDefault(
            owner=CRM,
            identity=(MatchKey("number", ("number",), unique=True),),
            fields={"promise": _ONLY_TANDEM},
        ),
        "shipment": EntityDefault(
            owner=SUPPLY_CHAIN,
            creators=OWNERS_SIDE,
            identity=(MatchKey("number", ("number",), unique=True),),
            fields=_ONLY_THE_OWNERS_SIDE,
        ),
        "stock": EntityDefault(
            owner=SUPPLY_CHAIN,
            creators=OWNERS_SIDE,
            identity=(MatchKey("product+location", ("product", "location"), unique=True),),
            fields=_ONLY_THE_OWNERS_SIDE,
        ),
        "supplier": EntityDefault(
            owner=SUPPLY_CHAIN,
            identity=(MatchKey("number", ("number",), unique=True), MatchKey("email", ("email",))),
            fields=_ONLY_THE_OWNERS_SIDE,
        ),
        "purchase_order": EntityDefault(
            owner=SUPPLY_CHAIN,
            creators=OWNERS_SIDE,
            identity=(MatchKey("number", ("number",), unique=True),),
            fields=_ONLY_THE_OWNERS_SIDE,
        ),
    }
)


def default_owner(entity: str, systems: Mapping[str, SystemRules]) -> str:
    """Return the first system of the side that owns the entity; the first of all where that side has none."""
    return next(iter(_of_side(DEFAULTS[entity].owner, systems.values())), None) or next(iter(systems))


def default_creators(entity: str, owner: str, systems: Mapping[str, SystemRules]) -> frozenset[str]:
    """Return the systems in which a record may be seen first; empty for all of them."""
    return _meant(DEFAULTS[entity].creators, systems[owner], systems.values())


def default_identity(entity: str, systems: Mapping[str, SystemRules]) -> tuple[MatchKey, ...]:
    """Return the match keys of which some system shows every part."""
    shown = frozenset[str]().union(*(system.carries for system in systems.values()))
    return tuple(key for key in DEFAULTS[entity].identity if shown.issuperset(key.paths))


def default_rule(entity: str, path: str, owner: str, systems: Mapping[str, SystemRules]) -> FieldRule:
    """Return who may write a path; empty sets of writers stand for every system that takes part."""
    default = DEFAULTS[entity].of(path)
    owning = systems[owner]
    shown_by = [system for system in systems.values() if path in system.carries]
    return FieldRule(
        writers=_meant(default.writers, owning, shown_by),
        writers_of={status: _meant(of, owning, shown_by) for status, of in default.writers_of.items()},
        writers_from={status: _meant(of, owning, shown_by) for status, of in default.writers_from.items()},
    )


def _meant(word: str, owner: SystemRules, systems: Iterable[SystemRules]) -> frozenset[str]:
    """Return which of the systems a word of the table means; none where it means all."""
    if word == OURS:
        return frozenset({OURS})
    if word == OWNER:
        return frozenset(system.system for system in systems if system.system == owner.system)
    return frozenset(_of_side(owner.side if word == OWNERS_SIDE else word, systems))


def _of_side(side: str, systems: Iterable[SystemRules]) -> list[str]:
    return [system.system for system in systems if system.side == side]
