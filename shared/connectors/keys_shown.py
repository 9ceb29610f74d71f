"""Whether a record shows what was looked up: a server that ignores an unknown filter shows everything."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from shared.core.keys import REFERENCE
from shared.core.observations import Invalid, Observation
from shared.core.values import Reference, Value, canonical
from shared.ports.system import Key

Found = Mapping[Key, tuple[Observation | Invalid, ...]]


def by_key(keys: Sequence[Key], shown: Iterable[Observation | Invalid]) -> Found:
    """Return, per key, the observations that show it; letter case and white space at the ends make no difference."""
    found: dict[Key, list[Observation | Invalid]] = {key: [] for key in keys}
    for each in shown:
        for key in found:
            if isinstance(each, Observation) and not each.deleted and _shows(each, key):
                found[key].append(each)
    return {key: tuple(some) for key, some in found.items()}


def _shows(shown: Observation, key: Key) -> bool:
    return len(key.values) == len(key.name.split("+")) and all(
        _folded(_value(shown, path)) == _folded(value) and value not in (None, "")
        for path, value in zip(key.name.split("+"), key.values, strict=True)
    )


def _value(shown: Observation, path: str) -> Value:
    return shown.reference if path == REFERENCE else shown.fields.get(path)


def _folded(value: Value) -> str:
    if isinstance(value, Reference):
        return value.external_id
    return unicodedata.normalize("NFKC", value).strip().casefold() if isinstance(value, str) else canonical(value)
