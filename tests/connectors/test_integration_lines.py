"""The line of a table or a key, in all the ways in which TOML lets it be written."""

from __future__ import annotations

import pytest

from shared.connectors.configuration_lines import line_of
from shared.connectors.configuration_problems import Place

TEXT = """\
title = "x"   # [not.a.table]
[systems.crm]
a = [
  "b = 1",    # a ] in a comment
  "]",
]
c = QUOTES
[no.table]
d = 1
QUOTES
"e f" = 'it'
g.h = 1
[systems."my crm".entities.'order']
path = { one = 1, two = { three = 3 } }
[[list]]
x = 1
[[list]]
x = APOSTROPHES
[[no]]APOSTROPHES
y = 2
  [ spaced . out ]   # comment
  z = 1
""".replace("QUOTES", '"' * 3).replace("APOSTROPHES", "'" * 3)


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("title",), 1),
        (("systems",), 2),
        (("systems", "crm"), 2),
        (("systems", "crm", "a"), 3),
        (("systems", "crm", "a", 1), 3),
        (("systems", "crm", "c"), 7),
        (("systems", "crm", "d"), 2),
        (("systems", "crm", "g", "h"), 12),
        (("systems", "my crm"), 13),
        (("systems", "my crm", "entities", "order", "path", "two"), 14),
        (("systems", "my crm", "entities", "order", "path", "nothing"), 14),
        (("list", 0, "x"), 16),
        (("list", 1, "x"), 18),
        (("list", 1, "y"), 20),
        (("spaced", "out", "z"), 22),
        (("nowhere",), 1),
        ((), 1),
    ],
)
def test_the_line_of_the_nearest_key_is_found(place: Place, line: int) -> None:
    assert line_of(TEXT, place) == line


def test_a_key_in_quotes_is_found() -> None:
    assert line_of("[a]\n\"lines[].x\" = 1\n'b.c' = 2\n", ("a", "lines[].x")) == 2
    assert line_of("[a]\n\"lines[].x\" = 1\n'b.c' = 2\n", ("a", "b.c")) == 3
