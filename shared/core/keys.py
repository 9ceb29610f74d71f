"""Keys of identity items: what a partner calls a record, and the match keys by which two records are known as one."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache

from shared.core.records import Record
from shared.core.rules import EntityRules, MatchKey
from shared.core.values import Value, canonical

REFERENCE = "external_reference"


def id_key(system: str, entity: str, external_id: str) -> str:
    """Return the identity key of a partner's record."""
    return f"id/{system}/{entity}/{external_id}"


def match_key(entity: str, key: MatchKey, value_of: Callable[[str], Value]) -> str | None:
    """Return a match key for the values that a record or an observation shows; nothing if a part is missing.

    Letter case, Unicode form and white space at the ends make no difference.
    """
    parts = [_comparable(value_of(path)) for path in key.paths]
    return f"key/{entity}/{key.name}/{'|'.join(parts)}" if all(parts) else None


def match_keys(record: Record, rules: EntityRules) -> frozenset[str]:
    """Return the match keys that a record is due to hold: none for a tombstone, none that another record keeps."""
    if record.tombstone is not None:
        return frozenset()
    found = (match_key(record.entity, key, record.value) for key in rules.identity)
    return frozenset(key for key in found if key is not None) - record.without_keys


@lru_cache(maxsize=65536, typed=True)
def _comparable(value: Value) -> str:
    if isinstance(value, str):
        return unicodedata.normalize("NFKC", value).strip().casefold()
    return "" if value is None else canonical(value)
