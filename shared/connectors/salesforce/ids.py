"""Salesforce's record ids: fifteen characters whose letter case counts, or eighteen that say it once more."""

from __future__ import annotations

import re

_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def is_id(text: str) -> bool:
    """Tell whether a text can be a record's id; a wildcard of a change event, such as 001*, cannot."""
    return _ID.fullmatch(text) is not None


def whole_id(text: str) -> str:
    """Return an id with its eighteen characters; what is no id of fifteen comes back as it is."""
    if len(text) != 15 or not is_id(text):
        return text
    fives = (text[start : start + 5] for start in range(0, 15, 5))
    return text + "".join(_LETTERS[sum(1 << place for place, c in enumerate(five) if c.isupper())] for five in fives)
