"""Which checks of a kit a partner has room for: no report shows one as passed that could prove nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Check = TypeVar("Check", bound=Callable[..., None])

_ROOM = "has_room"


def where(has_room: Callable[..., bool]) -> Callable[[Check], Check]:
    """Mark a check that only those benches can be asked of which `has_room` holds."""

    def mark(check: Check) -> Check:
        setattr(check, _ROOM, has_room)
        return check

    return mark


def leave_out(kit: type, bench: object) -> list[str]:
    """Take from a bound kit the checks that its bench has no room for; return their names."""
    left_out = []
    for name in dir(kit):
        has_room = getattr(getattr(kit, name), _ROOM, None)
        if has_room is not None and not has_room(bench):
            setattr(kit, name, None)  # pytest collects no attribute that cannot be called
            left_out.append(name)
    return left_out
