"""What Odoo does per entity, as data: from its documentation, not yet met by a live one."""

from __future__ import annotations

from collections.abc import Mapping

from shared.connectors.odoo.settings import COLLECTIONS, STOCK, OdooSettings
from shared.ports.capabilities import EntityCapability

_KEYS = {
    "customer": ("number", "email", "tax_number", "name"),
    "product": ("sku", "gtin", "name"),
    "order": ("number",),
    "shipment": ("number",),
}
_CALLS_IN = {"customer": 4, "product": 1, "order": 3, "shipment": 2}
_WRITTEN = frozenset({"customer", "product", "order"})
_READ = frozenset({"list", "read"})
_TEXTS = frozenset({"name", "email", "phone", "number", "tax_number", "sku", "gtin"})


def entities(settings: object) -> Mapping[str, EntityCapability]:
    """Return the capability of each entity under these settings."""
    assert isinstance(settings, OdooSettings)
    return {entity: _stock(settings) if entity == STOCK else _capability(settings, entity) for entity in settings.names}


def _capability(settings: OdooSettings, entity: str) -> EntityCapability:
    mapping, calls_in = settings.mapping(entity), _CALLS_IN[entity]
    shown = {path for path in mapping.carries if "[]" not in path}
    is_written = entity in _WRITTEN
    per_record = 3 if entity == "order" else 1
    writing = per_record * settings.batch_size + calls_in + 3
    aside = (f"{COLLECTIONS.get(entity, '-')}[]", "addresses[shipping]")
    return EntityCapability(
        can=_READ | {"create", "update", "archive"} if is_written else _READ,
        carries=mapping.carries,
        takes=mapping.takes if is_written else frozenset(),
        write_only=mapping.write_only if is_written else frozenset(),
        uncovered=frozenset(path for path in mapping.carries if path.startswith(aside)),
        capture=_capture(settings),
        reference_field=mapping.reference,
        keys=frozenset(key for key in _KEYS[entity] if key in shown),
        batch_size=settings.batch_size if is_written else 1,
        atomic=is_written,
        fetch_size=settings.page_size,
        calls={"in": calls_in, **({"create": writing, "update": writing} if is_written else {})},
        stored_forms={
            **dict.fromkeys(shown & _TEXTS, ("trim",)),
            **dict.fromkeys(shown & {"placed_at", "wanted_at"}, ("second",)),
            **mapping.stored,
        },
        lease_seconds=90,
        deletes="archived" if entity in ("customer", "product") else "gone",
        archived_as={"status": "cancelled"} if entity == "order" else {},
    )


def _stock(settings: OdooSettings) -> EntityCapability:
    return EntityCapability(
        can=_READ,
        carries=frozenset({"product", "location", "on_hand", "reserved"}),
        takes=frozenset(),
        capture=_capture(settings),
        keys=frozenset({"product+location"}),
        fetch_size=settings.page_size,
        calls={"in": 5},
        deletes="gone",
    )


def _capture(settings: OdooSettings) -> frozenset[str]:
    return frozenset({"poll", "webhook"} if settings.webhooks else {"poll"})
