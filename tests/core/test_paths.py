"""Paths name fields; patterns leave element keys out."""

from __future__ import annotations

import pytest

from shared.core.paths import ElementPath, any_role, element_of, element_path, listed, pattern, presence


@pytest.mark.parametrize(
    ("path", "element", "without_key", "whole", "role"),
    [
        ("name", None, "name", None, None),
        ("ship_to.city", None, "ship_to.city", None, None),
        ("addresses[billing].city", None, "addresses[billing].city", None, "addresses[].city"),
        ("addresses[billing]", None, "addresses[billing]", None, "addresses[]"),
        ("lines[7].quantity", ElementPath("lines", "7", "quantity"), "lines[].quantity", "lines[7]", None),
        ("lines[7]", ElementPath("lines", "7", ""), "lines[]", "lines[7]", None),
        ("lines[]", ElementPath("lines", "", ""), "lines[]", "lines[]", None),
    ],
)
def test_a_path_is_taken_apart(
    path: str, element: ElementPath | None, without_key: str, whole: str | None, role: str | None
) -> None:
    assert (element_of(path), pattern(path), presence(path), any_role(path)) == (element, without_key, whole, role)


def test_a_path_is_put_together_again() -> None:
    assert [element_path("lines", "7"), element_path("lines", "7", "unit")] == ["lines[7]", "lines[7].unit"]


@pytest.mark.parametrize(
    ("patterns", "path", "among"),
    [
        ({"name"}, "name", True),
        ({"name"}, "email", False),
        ({"lines[].quantity"}, "lines[7].quantity", True),
        ({"lines[].quantity"}, "lines[7]", True),
        ({"lines[].quantity"}, "lines[7].unit", False),
        ({"contacts[].name"}, "lines[7]", False),
        ({"addresses[].city"}, "addresses[billing].city", True),
        ({"addresses[billing].city"}, "addresses[shipping].city", False),
    ],
)
def test_a_pattern_speaks_for_its_paths(patterns: set[str], path: str, among: bool) -> None:
    assert listed(frozenset(patterns), path) is among
