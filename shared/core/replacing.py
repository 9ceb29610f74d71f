"""replace: a value with some of its fields changed, as `dataclasses.replace` makes it, in a quarter of the time.

Every step of the core makes a new value from an old one, so this is what an absorb spends its time on. A frozen value
can only be filled through `object.__setattr__`, field by field. Here it is filled as a *draft*, a class of the same
slots that is not frozen yet, by one function that is written out for its fields (as `dataclasses` writes out an
`__init__`), and becomes a value of its own class, and frozen, when it is whole.
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
        new = _drafting(kind)(value)
        for name, changed in changes.items():
            try:
                setattr(new, name, changed)
            except AttributeError as unknown:
                raise TypeError(f"{kind.__name__} has no {name}") from unknown
        new.__class__ = kind
        return new

    @cache
    def _drafting(kind):
        """Return what makes a draft that holds what a value of this class holds."""
        if hasattr(kind, "__post_init__"):
            raise TypeError(f"{kind.__name__} looks at itself when it is made")
        draft = type(kind.__name__, kind.__bases__, {"__slots__": kind.__slots__})
        filled = "".join(f"    new.{each.name} = value.{each.name}\n" for each in fields(kind))
        names = {"draft": draft}
        exec(f"def drafted(value):\n    new = draft()\n{filled}    return new\n", names)
        return names["drafted"]


__all__ = ["replace"]
