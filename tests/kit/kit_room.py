"""Which checks of a kit a partner has room for: no report shows one as passed that could prove nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Check = TypeVar("Check", bound=Callable[..., None])
Kit = TypeVar("Kit", bound=type)

_ROOM = "has_room"
_NEEDS = "_needs"


def where(has_room: Callable[..., bool]) -> Callable[[Check], Check]:
    """Mark a check that only those benches can be asked of which `has_room` holds."""

    def mark(check: Check) -> Check:
        setattr(check, _ROOM, has_room)
        return check

    return mark


def only_where(has_room: Callable[..., bool]) -> Callable[[Kit], Kit]:
    """Mark all checks of a class, besides what each is marked with."""

    def mark(kit: Kit) -> Kit:
        setattr(kit, _NEEDS, has_room)
        return kit

    return mark


def leave_out(kit: type, bench: object) -> list[str]:
    """Take from a bound kit the checks that its bench has no room for; return their names."""
    left_out = []
    needs = {
        name: needed
        for each in kit.__mro__
        if (needed := vars(each).get(_NEEDS)) is not None
        for name in vars(each)
        if name.startswith("test_")
    }
    for name in dir(kit):
        rooms = (needs.get(name), getattr(getattr(kit, name), _ROOM, None))
        if not all(has_room(bench) for has_room in rooms if has_room is not None):
            setattr(kit, name, None)  # pytest collects no attribute that cannot be called
            left_out.append(name)
    return left_out
