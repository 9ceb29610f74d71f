"""The API as a whole: every family of routes, over the parts of one installation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.aws.api import (
    checks,
    conflicts,
    customers,
    dead_letters,
    failures,
    history,
    matching,
    plans,
    products,
    push,
    reorder_points,
    reservations,
    status,
    systems,
    unsupported,
)
from shared.aws.api.callers import NO_TRUST, Scope, Trust
from shared.aws.api.serving import Api, described
from shared.flows.parts import Parts

FAMILIES: tuple[Callable[[Api, Parts], None], ...] = (
    status.add_routes,
    unsupported.add_routes,
    history.add_routes,
    plans.add_routes,
    systems.add_routes,
    checks.add_routes,
    dead_letters.add_routes,
    failures.add_routes,
    conflicts.add_routes,
    push.add_routes,
    products.add_routes,
    reorder_points.add_routes,
    customers.add_routes,
    matching.add_routes,
    reservations.add_routes,
)
"""Each adds its routes; a new family is one more here."""

_made: dict[int, tuple[Parts, Api]] = {}


def api_of(parts: Parts, trust: Trust) -> Api:
    """Return the API over these parts, made once and kept as long as they are the ones in use."""
    known = _made.get(id(parts))
    if known is None or known[0] is not parts:
        _made.clear()
        known = _made[id(parts)] = (parts, made(parts, trust))
    return known[1]


def made(parts: Parts, trust: Trust = NO_TRUST) -> Api:
    """Return a new API over these parts, for callers who may do what `trust` says."""
    api = Api(trust)
    for add_routes in FAMILIES:
        add_routes(api, parts)

    @api.get("/openapi.json", Scope.READ, "This description", family="openapi")
    def openapi() -> dict[str, Any]:
        return described(api)

    return api
