"""Reads the project's pages: fenced blocks, tables under a heading, blocks that are made from the code, links."""

from __future__ import annotations

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
README = PROJECT / "README.md"
CONNECTORS = PROJECT / "docs" / "connectors.md"
PAGES = (README, CONNECTORS)

_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_MADE = re.compile(r"(<!-- made: (?P<name>[a-z -]+) -->\n)(?P<text>.*?)(<!-- end -->)", re.DOTALL)
_HEADING = re.compile(r"^#{2,4} (.*)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CELL = re.compile(r"(?<!\\)\|")


def fenced(page: Path, language: str) -> list[str]:
    """Return the blocks of one language, in order."""
    return [text for found, text in _FENCE.findall(page.read_text(encoding="utf-8")) if found == language]


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def made(page: Path) -> dict[str, str]:
    """Return the blocks that are made from the code, by name, as the page has them."""
    return {found["name"]: found["text"] for found in _MADE.finditer(page.read_text(encoding="utf-8"))}


def with_made(page: Path, blocks: dict[str, str]) -> str:
    """Return a page with these blocks in the place of its own."""
    return _MADE.sub(
        lambda found: found[1] + blocks.get(found["name"], found["text"]) + found[4], page.read_text(encoding="utf-8")
    )


def section(page: Path, heading: str) -> str:
    """Return what stands under a heading, up to the next one of any level. AssertionError where there is none."""
    text = page.read_text(encoding="utf-8")
    headings = list(_HEADING.finditer(_FENCE.sub(lambda found: " " * len(found[0]), text)))
    for place, found in enumerate(headings):
        if found[1].strip() == heading:
            end = headings[place + 1].start() if place + 1 < len(headings) else len(text)
            return text[found.end() : end]
    raise AssertionError(f"{page.name} has no heading {heading!r}; it has {[found[1] for found in headings]}")


def rows(text: str) -> list[list[str]]:
    """Return the cells of the tables in a text, without their headings."""
    lines = [line.strip() for line in text.splitlines() if line.strip().startswith("|")]
    cells = [[cell.strip().replace("\\|", "|") for cell in _CELL.split(line.strip("|"))] for line in lines]
    rules = {place for place, row in enumerate(cells) if all(set(cell) <= set(":- ") for cell in row)}
    return [row for place, row in enumerate(cells) if place not in rules and place + 1 not in rules]


def code(cell: str) -> str:
    """Return what stands between the backticks of a cell."""
    return cell.strip().strip("`").strip()


def links(page: Path) -> list[str]:
    """Return what the page links to."""
    return _LINK.findall(prose(page))


def anchors(page: Path) -> set[str]:
    """Return what `#…` may name in a page, as the usual renderers make it."""
    headings = re.findall(r"^#{1,4} (.*)$", _FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}
