"""replace: a value with some of its fields changed, as `dataclasses.replace` makes it, in half the time.

Every step of the core makes a new value from an old one, so this is what an absorb spends its time on. What is known
of a class is kept; the new value takes each field straight from the old one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import replace
else:
    from dataclasses import fields
    from functools import cache

    def replace(value, /, **changes):
        """Return a copy of a dataclass that has slots and no `__post_init__`, with these fields changed."""
        kind = type(value)
        new = object.__new__(kind)
        for name, take, put in _slots(kind):
            put(new, changes.pop(name) if name in changes else take(value))
        if changes:
            raise TypeError(f"{kind.__name__} has no {', '.join(sorted(changes))}")
        return new

    @cache
    def _slots(kind):
        if hasattr(kind, "__post_init__"):
            raise TypeError(f"{kind.__name__} looks at itself when it is made")
        slots = [(each.name, getattr(kind, each.name)) for each in fields(kind)]
        return tuple((name, slot.__get__, slot.__set__) for name, slot in slots)


__all__ = ["replace"]
