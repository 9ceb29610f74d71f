"""What EspoCRM does per entity, as data: measured on a running EspoCRM 8.4."""

from __future__ import annotations

from collections.abc import Mapping

from shared.connectors.espocrm.settings import COLLECTIONS, EspoSettings
from shared.ports.capabilities import EntityCapability

_KEYS = {
    "customer": ("email", "name", "number", "tax_number"),
    "product": ("sku", "gtin", "name"),
    "order": ("number",),
    "opportunity": ("number",),
    "shipment": ("number",),
    "stock": ("product+location",),
}


def entities(settings: object) -> Mapping[str, EntityCapability]:
    """Return the capability of each entity under these settings."""
    assert isinstance(settings, EspoSettings)
    return {entity: _capability(settings, entity) for entity in settings.names}


def _capability(settings: EspoSettings, entity: str) -> EntityCapability:
    given, mapping = settings.entity(entity), settings.mapping(entity)
    collection = COLLECTIONS.get(entity, "")
    inside = frozenset(path for path in mapping.carries if collection and path.startswith(f"{collection}[]"))
    shown = {path for path in mapping.carries if "[]" not in path}
    extra = 1 if given.children else 0
    return EntityCapability(
        can=frozenset({"list", "read", "create", "update", "archive"}),
        carries=mapping.carries,
        takes=mapping.takes,
        write_only=mapping.write_only,
        uncovered=inside,
        capture=frozenset({"poll", "webhook"} if settings.webhooks else {"poll"}),
        reference_field=given.reference or None,
        keys=frozenset(key for key in _KEYS[entity] if set(key.split("+")) <= shown),
        exact=given.versioned,
        batch_size=20,
        fetch_size=settings.fetch_size,
        calls={"in": 1 + extra, "create": 20 + extra, "update": 20 + extra},
        stored_forms={**dict.fromkeys(shown & {"name", "email", "phone"}, ("trim",)), **mapping.stored},
        lease_seconds=90,
        deletes="gone",
    )
