"""The rules of the model's installation: customers in every system, orders in CRM and ERP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shared.core.rules import Decider, EntityRules, FieldRule, SystemRules
from tests.core.machine.partners import COLLECTIONS, PARTS, PLAIN, Kind, Partner
from tests.kit.rules import EMAIL, ERP, ORDER_FIELDS, rules_of


def rules_for(entity: str, partners: Mapping[str, Partner], decider: Decider) -> EntityRules:
    """Return the rules for these partners; `decider` decides conflicts about a customer's name."""
    names = tuple(name for name in partners if (name, entity) != ("shop", "order"))
    rules = rules_of(entity, systems=names)
    able = {name: _able(rules.systems[name], entity, partners[name].kind) for name in names}
    if entity == "order":
        return EntityRules(entity, able, "crm", identity=rules.identity, fields=ORDER_FIELDS, version="r1")
    fields = {"name": FieldRule(decider=decider), "credit_limit": FieldRule(writers=ERP)}
    return EntityRules(entity, able, "crm", identity=(EMAIL,), fields=fields, version="r1")


def _able(full: SystemRules, entity: str, kind: Kind) -> SystemRules:
    patterns = {f"{each}[]" for each in COLLECTIONS[entity]}
    patterns |= {f"{each}[].{part}" for each in COLLECTIONS[entity] for part in PARTS[each]}
    carries = frozenset({*PLAIN[entity], *patterns})
    return replace(
        full,
        carries=carries,
        takes=carries,
        exact=kind.is_exact,
        stale_reads=kind.reads_stale,
        carries_reference=kind.carries_reference,
        stored_forms={"name": ("upper",)} if kind.shouts and kind.declares else {},
    )
