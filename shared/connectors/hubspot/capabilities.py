"""What HubSpot does per entity, as data."""

from __future__ import annotations

from collections.abc import Mapping

from shared.connectors.hubspot.settings import ASSOCIATED, COLLECTIONS, HubSpotSettings
from shared.ports.capabilities import EntityCapability

_KEYS = {
    "customer": ("name", "email", "number", "tax_number"),
    "product": ("sku", "gtin", "name"),
    "order": ("number",),
    "opportunity": ("number",),
}


def entities(settings: object) -> Mapping[str, EntityCapability]:
    """Return the capability of each entity under these settings."""
    assert isinstance(settings, HubSpotSettings)
    return {entity: _capability(settings, entity) for entity in settings.names}


def _capability(settings: HubSpotSettings, entity: str) -> EntityCapability:
    given, mapping = settings.entity(entity), settings.mapping(entity)
    collection = COLLECTIONS.get(entity, "")
    inside = frozenset(path for path in mapping.carries if collection and path.startswith(f"{collection}[]"))
    properties = {each.ours for each in mapping.plain if each.place.startswith("properties.")}
    partners = frozenset(each.ours for each in mapping.plain if each.place.startswith(ASSOCIATED))
    parts = (2 if given.children else 0) + len(partners)
    return EntityCapability(
        can=frozenset({"list", "read", "create", "update", "archive"}),
        carries=mapping.carries,
        takes=mapping.takes,
        write_only=mapping.write_only,
        uncovered=inside | partners,
        capture=frozenset({"poll", "webhook"} if settings.webhook_url else {"poll"}),
        reference_field=given.reference or None,
        keys=frozenset(key for key in _KEYS.get(entity, ()) if key in properties),
        batch_size=settings.batch_size,
        fetch_size=settings.batch_size,
        calls={"in": 1 + parts, "create": 1 + 2 * parts, "update": 1 + 2 * parts},
        stored_forms={**dict.fromkeys(properties & {"name", "phone", "email"}, ("trim",)), **mapping.stored},
        look_up_seconds=0 if given.reference else settings.look_up_seconds,
        lease_seconds=90,
        deletes="archived",
    )
