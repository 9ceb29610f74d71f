"""The ports of an installation and their verbs, read from `Parts`, so that no list of them can forget one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import get_type_hints

from shared.flows.parts import Parts


@cache
def ports() -> Mapping[str, frozenset[str]]:
    """Return the verbs of every port by the name that it has in `Parts`."""
    kinds = get_type_hints(Parts)
    return {name: verbs_of(kind) for name, kind in kinds.items() if getattr(kind, "_is_protocol", False)}


def verbs_of(port: type) -> frozenset[str]:
    """Return the public verbs of a port's Protocol, its own and those that it inherits."""
    return frozenset(
        name
        for base in port.__mro__
        if getattr(base, "_is_protocol", False)
        for name, value in vars(base).items()
        if not name.startswith("_") and callable(value)
    )
