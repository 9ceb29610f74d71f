"""Finds the line on which a table or a key of a TOML file stands. The file is known to be valid TOML.

The reader of the standard library tells lines only of syntax errors, so this one walks the text again, but only when
there is something to report: headers, keys, and past the values, which may go over several lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from shared.connectors.configuration_problems import Place

_HEADER = re.compile(r"^\s*\[(?P<array>\[?)(?P<keys>.*?)\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r'\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|\'(?P<literal>[^\']*)\'|(?P<bare>[A-Za-z0-9_-]+))\s*')
_TOKEN = re.compile(r'"""|\'\'\'|"(?:[^"\\]|\\.)*"|\'[^\']*\'|#.*|[\[\]{}]')


def line_of(text: str, place: Place) -> int:
    """Return the line (from 1) of the nearest table or key that leads to a place; 1 where nothing of it is written."""
    lines = _lines(text)
    for length in range(len(place), 0, -1):
        if place[:length] in lines:
            return lines[place[:length]]
    return 1


def _lines(text: str) -> Mapping[Place, int]:
    found: dict[Place, int] = {}
    table: Place = ()
    for number, line in _statements(text):
        header = _HEADER.match(line)
        if header and (keys := _keys(header["keys"])[0]):
            table = _numbered(keys, found) if header["array"] else keys
            _note(table, number, found, start=0)
        else:
            _note_pairs(table, line, number, found)
    return found


def _note_pairs(table: Place, line: str, number: int, found: dict[Place, int]) -> None:
    """Note a key, and the keys of the inline table that may follow it on its line."""
    keys, rest = _keys(line)
    if not keys or not rest.startswith("="):
        return
    place = table + keys
    _note(place, number, found, start=len(table))
    if rest[1:].lstrip().startswith("{"):
        for match in re.finditer(r"[{,]\s*([A-Za-z0-9_-]+)\s*=", rest):
            found.setdefault((*place, match[1]), number)


def _note(place: Place, number: int, found: dict[Place, int], start: int) -> None:
    for length in range(start + 1, len(place) + 1):
        found.setdefault(place[:length], number)


def _numbered(keys: Place, found: Mapping[Place, int]) -> Place:
    index = 0
    while (*keys, index) in found:
        index += 1
    return (*keys, index)


def _keys(text: str) -> tuple[Place, str]:
    """Return the dotted key that a text begins with, and what follows it."""
    keys: list[str] = []
    position = 0
    while match := _KEY.match(text, position):
        keys.append(next(part for part in match.groups() if part is not None))
        position = match.end()
        if not text.startswith(".", position):
            break
        position += 1
    return tuple(keys), text[position:]


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines on which a header or a key begins, with their numbers."""
    depth, quote = 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        begins = depth == 0 and not quote
        is_header = begins and line.lstrip().startswith("[")
        if begins:
            yield number, line
        if not is_header:
            depth, quote = _after(line, depth, quote)


def _after(line: str, depth: int, quote: str) -> tuple[int, str]:
    """Return how deep in brackets, and in which multi-line text, a line ends."""
    position = 0
    while position < len(line):
        if quote:
            end = line.find(quote, position)
            if end < 0:
                return depth, quote
            position, quote = end + 3, ""
            continue
        token = _TOKEN.search(line, position)
        if token is None:
            break
        position = token.end()
        if token[0] in ('"""', "'''"):
            quote = token[0]
        else:
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
    return depth, quote
