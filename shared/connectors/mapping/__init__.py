"""Mapping, ours ↔ theirs: what `[systems.X.entities.E.fields]` says, compiled, and both directions of it.

Laws (property-tested): reading what was written gives what was sent, on mapped fields · what is not mapped survives an
update · not carried, null and empty stay three different things.
"""

from shared.connectors.mapping.fields import EntityMapping, compiled
from shared.connectors.mapping.habits import ID, Habits
from shared.connectors.mapping.reading import Read, Wrong, external_id_of, names_its_elements, read, unless_wrong
from shared.connectors.mapping.spec import FieldSpec, Spec
from shared.connectors.mapping.writing import Body, for_create, for_update, needs_raw

__all__ = [
    "ID",
    "Body",
    "EntityMapping",
    "FieldSpec",
    "Habits",
    "Read",
    "Spec",
    "Wrong",
    "compiled",
    "external_id_of",
    "for_create",
    "for_update",
    "names_its_elements",
    "needs_raw",
    "read",
    "unless_wrong",
]
