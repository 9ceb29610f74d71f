"""What the command prints is what it was given: brackets of paths and values are no markup."""

from __future__ import annotations

import pytest

from operate import answers

PATH = "addresses[billing].city"


def test_a_path_in_brackets_is_printed_whole_wherever_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    answers.print_line(PATH)
    answers.print_table(f"of {PATH}", [{"field": PATH}])
    answers.print_paragraph(f"the {PATH}", [f"is {PATH}", "[/bold]"])

    text = capsys.readouterr().out
    assert text.count(PATH) == 5
    assert "[/bold]" in text
