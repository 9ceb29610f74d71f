"""What named connectors do alike with records: observations of what was read, and keys asked for by their fields."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shared.connectors.mapping import EntityMapping, Read, Wrong, unless_wrong
from shared.connectors.mapping.values import NoSuchValueError, outgoing
from shared.core.keys import REFERENCE
from shared.core.observations import Invalid, Next, Observation, Revision, Source, Trouble
from shared.core.values import Reference, Value
from shared.ports.system import Key


def observation(
    of: EntityMapping,
    external_id: str,
    found: Read | Wrong,
    revision: Revision | None,
    modified_at: datetime | None,
    source: Source,
) -> Observation | Invalid:
    """Return the observation that a read record is, or why it cannot be read, with what can be read of it."""
    shown = found.rest if isinstance(found, Wrong) else found
    if isinstance(found, Wrong) and shown is None:
        return Invalid(external_id, found.field, found.reason, found.wrong)
    assert shown is not None
    whole = Observation(
        system=of.system,
        entity=of.entity,
        external_id=external_id,
        fields=shown.fields,
        revision=revision,
        modified_at=modified_at,
        collections=shown.collections,
        complete=shown.complete,
        reference=shown.reference,
        source=source,
    )
    return unless_wrong(whole, found)


def asked_for(mapping: EntityMapping, name: str, keys: Sequence[Key], title: str) -> tuple[str, list[str]] | Trouble:
    """Return the partner's field and the values to ask for: of a key of several parts the first one."""
    path = name.partition("+")[0]
    mapped, place = mapping.by_ours.get(path), mapping.reference
    values = [key.values[0] for key in keys if key.values]
    if path == REFERENCE and place:
        return place, [str(value) for value in values]
    if path == REFERENCE or mapped is None:
        return Trouble(Next.PERMANENT, "cannot-find", f"{title} has no field for {name}: map it")
    asked: list[str] = []
    for value in values:
        try:
            asked.append(str(outgoing(mapping.entity, mapped, _plain(value), None)))
        except NoSuchValueError:
            continue
    return mapped.place, list(dict.fromkeys(asked))


def _plain(value: Value) -> Value:
    return value.external_id if isinstance(value, Reference) else value
