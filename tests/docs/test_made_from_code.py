"""What is made from the code stands in the pages as the code has it."""

from __future__ import annotations

import pytest

from tests.docs.made_from_code import blocks
from tests.docs.pages import PAGES, made

REWRITE = ".venv/bin/python -m tests.docs.made_from_code"
STANDING = [(page, name) for page in PAGES for name in made(page)]


@pytest.mark.parametrize(("page", "name"), STANDING, ids=[f"{page.name}: {name}" for page, name in STANDING])
def test_the_page_says_what_the_code_says(page: object, name: str) -> None:
    fresh = blocks()
    standing = {each: text for one in PAGES for each, text in made(one).items()}

    assert standing[name] == fresh[name], f"{page} is behind the code; write it anew with: {REWRITE}"


def test_every_made_part_stands_in_a_page() -> None:
    assert {name for _, name in STANDING} == set(blocks())
