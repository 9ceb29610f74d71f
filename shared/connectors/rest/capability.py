"""What a plain REST system can do, computed from its description; nothing that the description does not say."""

from __future__ import annotations

from collections.abc import Mapping

from shared.connectors.rest.settings import EntitySettings, RestSettings
from shared.core.keys import REFERENCE
from shared.ports.capabilities import EntityCapability

LISTED_FETCH = 10_000


def entity_capabilities(settings: object) -> Mapping[str, EntityCapability]:
    """Return per entity what the system of these settings does."""
    assert isinstance(settings, RestSettings)
    return {entity: _capability(settings, entity) for entity in settings.entities}


def scans(given: EntitySettings) -> bool:
    """Tell whether look-ups go through the whole listing, because no query finds anything."""
    return not given.find and "list" in given.abilities


def _capability(settings: RestSettings, entity: str) -> EntityCapability:
    given, mapping = settings.entities[entity], settings.mapping(entity)
    can = given.abilities
    writes = can & {"create", "update"}
    return EntityCapability(
        can=can,
        carries=mapping.carries,
        takes=mapping.takes if writes else frozenset(),
        write_only=mapping.write_only,
        uncovered=frozenset(given.revision.uncovered) if given.revision else frozenset(),
        capture=frozenset({"poll", "webhook", "event"}) if "list" in can else frozenset({"webhook", "event"}),
        reference_field=_reference_field(given, mapping.reference),
        keys=_keys(given, mapping.carries),
        exact=given.revision is not None and given.revision.is_exact,
        stale_reads=given.stale_reads,
        consistent_listing=given.consistent_listing,
        batch_size=given.batch.size if given.batch else 1,
        atomic=given.batch is not None and given.batch.atomic,
        fetch_size=_fetch_size(given),
        calls=_calls(given),
        stored_forms=mapping.stored,
        apply_seconds=given.apply_seconds,
        look_up_seconds=given.look_up_seconds,
        lease_seconds=given.lease_seconds,
        deletes="archived" if given.deleted else "gone" if "read" in can else "listed" if "list" in can else "never",
    )


def _reference_field(given: EntitySettings, place: str | None) -> str | None:
    """Return their field of our reference, only if it can also be looked up: a mark that nobody finds is none."""
    return place if REFERENCE in given.find or scans(given) else None


def _keys(given: EntitySettings, carries: frozenset[str]) -> frozenset[str]:
    if not scans(given):
        return frozenset(given.find) - {REFERENCE}
    plain = {path for path in carries if "[" not in path}
    pairs = {f"{first}+{second}" for first in plain for second in plain if first != second}
    return frozenset(plain | pairs)


def _fetch_size(given: EntitySettings) -> int:
    if "read" not in given.abilities:
        return LISTED_FETCH
    return given.read.size if given.read is not None else 100


def _calls(given: EntitySettings) -> Mapping[str, int]:
    """Return the calls per batch: before a create every look-up takes one, the reference's and each match key's."""
    hidden = int(given.answers == "id")
    looks = max(2, len(given.find))
    return {"in": 2, "create": looks + 1 + hidden, "update": 2 + hidden}
