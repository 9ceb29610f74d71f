"""Rules as `integration.toml` would give them, for two systems called crm and erp; a test names only what differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.core.integration import Integration, Strand
from shared.core.rules import EntityRules, FieldRule, MatchKey, SystemRules

CRM, ERP = frozenset({"crm"}), frozenset({"erp"})
SIDES = {"crm": "crm", "erp": "supply_chain"}
FIELDS: Mapping[str, frozenset[str]] = {
    "customer": frozenset(
        {"name", "email", "phone", "tax_number", "credit_limit", "addresses[].city", "contacts[]"}
        | {f"contacts[].{part}" for part in ("name", "email", "phone")}
    ),
    "product": frozenset({"sku", "name", "price"}),
    "order": frozenset(
        {"number", "customer", "status", "total", "lines[]"}
        | {f"lines[].{part}" for part in ("product", "quantity", "shipped")}
    ),
}
COLLECTIONS = {"customer": frozenset({"contacts"}), "order": frozenset({"lines"}), "product": frozenset[str]()}
EMAIL = MatchKey("email", ("email",))
TAX_NUMBER = MatchKey("tax_number", ("tax_number",), unique=True)
IDENTITY = {
    "customer": (TAX_NUMBER, EMAIL),
    "product": (MatchKey("sku", ("sku",), unique=True),),
    "order": (MatchKey("number", ("number",), unique=True),),
}
OWNERS = {"customer": "crm", "product": "erp", "order": "crm"}
ORDER_FIELDS = {
    "status": FieldRule(writers_of=dict.fromkeys(("confirmed", "partly_shipped", "shipped", "delivered"), ERP)),
    "lines[].quantity": FieldRule(writers_from={"confirmed": ERP}),
    "lines[]": FieldRule(writers_from={"confirmed": ERP}),
    "lines[].shipped": FieldRule(writers=ERP),
}


def able(system: str, entity: str = "customer", **changes: Any) -> SystemRules:
    """Return what a system can do: everything, with exact preconditions, our reference and every key."""
    fields = FIELDS[entity]
    keys = frozenset(key.name for key in IDENTITY[entity])
    full = SystemRules(system, SIDES.get(system, "crm"), fields, fields, exact=True, carries_reference=True, keys=keys)
    return replace(full, **changes)


def rules_of(
    entity: str = "customer",
    *,
    systems: tuple[str, ...] = ("crm", "erp"),
    crm: Mapping[str, Any] | None = None,
    erp: Mapping[str, Any] | None = None,
    **changes: Any,
) -> EntityRules:
    """Return an entity's rules; `crm` and `erp` change what those systems can do."""
    changed = {"crm": crm or {}, "erp": erp or {}}
    full = EntityRules(
        entity,
        {system: able(system, entity, **changed.get(system, {})) for system in systems},
        OWNERS[entity],
        identity=IDENTITY[entity],
        fields=ORDER_FIELDS if entity == "order" else {},
        version="r1",
    )
    return replace(full, **changes)


def integration_of(*entities: EntityRules, batch_size: int = 50, **strand: Any) -> Integration:
    """Return an installation of crm and erp (and whoever else takes part) that keeps these entities in step."""
    kept = entities or (rules_of("customer"), rules_of("product"), rules_of("order"))
    systems = dict.fromkeys(system for rules in kept for system in rules.systems)
    return Integration(
        "v1",
        {system: SIDES.get(system, "crm") for system in systems},
        {rules.entity: rules for rules in kept},
        {(system, rules.entity): Strand(batch_size=batch_size, **strand) for rules in kept for system in rules.systems},
    )
