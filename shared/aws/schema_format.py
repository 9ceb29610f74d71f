"""What is known of a partner's fields, as JSON."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any, TypeAlias

from shared.aws.formats import filled, from_moment, to_moment
from shared.core.schema_drift import Drift, Kind, Schema

Json: TypeAlias = Any

FORMAT = 1


def from_schema(schema: Schema) -> str:
    """Return it as text; the same is always spelt the same."""
    told = filled(
        {
            "carried": sorted(schema.carried),
            "sparse": sorted(schema.sparse),
            "doubtful": {each: list(ids) for each, ids in schema.doubtful.items()},
            "returns": dict(schema.returns),
            "drifts": [_from_drift(drift) for drift in schema.drifts.values()],
            "fields": dict(schema.fields),
        }
    )
    whole = {"format": FORMAT, "rules": schema.rules, **told}
    return json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def to_schema(text: str) -> Schema:
    """Return what a text says."""
    found = json.loads(text)
    drifts = [_to_drift(each) for each in found.get("drifts", ())]
    return Schema(
        rules=found["rules"],
        carried=frozenset(found.get("carried", ())),
        sparse=frozenset(found.get("sparse", ())),
        doubtful={each: tuple(ids) for each, ids in found.get("doubtful", {}).items()},
        returns=found.get("returns", {}),
        drifts={drift.field: drift for drift in drifts},
        fields=found.get("fields", {}),
    )


def mark_of(text: str) -> str:
    """Return what tells one text from another."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _from_drift(drift: Drift) -> Json:
    return [drift.field, drift.kind.value, drift.seen, from_moment(drift.since), drift.name]


def _to_drift(found: Json) -> Drift:
    field, kind, seen, since, name = found
    return Drift(field, Kind(kind), seen, to_moment(since), name)
