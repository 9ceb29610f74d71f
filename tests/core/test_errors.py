"""Errors say what, where, and what to do."""

from __future__ import annotations

import pytest

from shared.core.errors import BadSettings, NeedsAPerson, TandemError, TryAgain


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            BadSettings("unknown key `ownr`", "integration.toml:7", "did you mean `owner`?"),
            "integration.toml:7: unknown key `ownr` - did you mean `owner`?",
        ),
        (BadSettings("no systems"), "no systems"),
    ],
)
def test_bad_settings_name_the_place_and_the_remedy(error: BadSettings, text: str) -> None:
    assert str(error) == text


def test_every_error_is_one_of_ours() -> None:
    assert all(issubclass(each, TandemError) for each in (TryAgain, NeedsAPerson, BadSettings))
