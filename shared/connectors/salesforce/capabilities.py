"""What Salesforce does per entity, as data."""

from __future__ import annotations

from collections.abc import Mapping

from shared.connectors.salesforce.settings import COLLECTIONS, SalesforceSettings
from shared.ports.capabilities import EntityCapability

_KEYS = {
    "customer": ("name", "email", "number", "tax_number"),
    "product": ("sku", "gtin", "name"),
    "order": ("number",),
    "opportunity": ("number",),
    "shipment": ("number",),
}


def entities(settings: object) -> Mapping[str, EntityCapability]:
    """Return the capability of each entity under these settings."""
    assert isinstance(settings, SalesforceSettings)
    return {entity: _capability(settings, entity) for entity in settings.names}


def _capability(settings: SalesforceSettings, entity: str) -> EntityCapability:
    given, mapping = settings.entity(entity), settings.mapping(entity)
    collection = COLLECTIONS.get(entity, "")
    parts = 1 if given.children else 0
    plain = {each.ours for each in mapping.plain}
    return EntityCapability(
        can=frozenset({"list", "read", "create", "update", "archive"}),
        carries=mapping.carries,
        takes=mapping.takes,
        write_only=mapping.write_only,
        uncovered=frozenset(path for path in mapping.carries if collection and path.startswith(f"{collection}[]")),
        capture=frozenset({"poll", "event"}),
        reference_field=given.reference or None,
        keys=frozenset(key for key in _KEYS.get(entity, ()) if key in plain),
        batch_size=settings.batch_size,
        fetch_size=settings.fetch_size,
        calls={"in": 1 + 2 * parts, "create": 3 + 3 * parts, "update": 3 + 3 * parts},
        stored_forms={**dict.fromkeys(plain & {"name", "phone"}, ("trim",)), **mapping.stored},
        lease_seconds=120,
        deletes="archived",
    )
