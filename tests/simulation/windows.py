"""What cannot be promised (SYNC §8), counted per kind of partner: each *window* says at which kinds it may open at all.

A window is where something may happen that no rule can prevent, because nobody can know of it. What is seen at a kind
at which its window is shut is a violation; how often the others open is counted, told at the end of a run, and bounded
(`beyond`). docs/guarantees.md holds the table of the long run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from shared.core.decisions import Decision, Verdict
from shared.core.entities import referred
from shared.core.paths import element_of
from shared.core.values import digest
from tests.simulation.kinds import Kind

if TYPE_CHECKING:
    from tests.simulation.history import History

Opened = Counter[tuple[str, str]]
"""How often each window opened: by its name and the kind of partner at which it did."""


class Window(NamedTuple):
    """Where it may open, and how often at most in a thousand histories with such a partner: at most kinds, and at
    those at which it is larger."""

    may_open: Callable[[Kind], bool]
    most_per_thousand: float
    larger: Mapping[str, float] = {}

    def most(self, kind: str) -> float:
        """Return its bound at a kind of partner."""
        return self.larger.get(kind, self.most_per_thousand)


def _is_unguarded(kind: Kind) -> bool:
    return not kind.is_exact or kind.children_apart


def _respells(kind: Kind) -> bool:
    return not kind.has_no_window or bool(kind.declared)


def _is_mute(kind: Kind) -> bool:
    return bool(kind.undeclared) and kind.answers in ("nothing", "id")


OVERWRITTEN = "an edit overwritten between our read and our write"
APPLIED_LATE = "an edit overwritten by what a partner applied late"
OWN_FORM = "an ignored edit of case or space taken for the system's own form"
WISH = "an undeclared spelling taken for a wish"
FALSE_CONFLICT = "a value of ours taken for an edit, and logged"
UNKNOWN_ROW = "an edit of a row that we made and did not know of yet, decided by rule"
EMPTIED = "a value of ours that a person emptied before it was shown to us, sent again"
ANOTHERS = "what we made taken for somebody else's"
TWICE = "a record made twice, since a list was short and nobody can be asked"
RENAMED = "what we made renamed before we knew of it, and not known again"
ENTERED = "a row that people entered taken for what a lost create of ours made"
CLONED = "a deleted record brought back by a clone of what its create had made, unread"
TWO_AS_ONE = "an edit of one of two persons who showed one key when they were linked"
TWINS = "two records listed as suspected duplicates"
BESIDE = "a row made beside one that a look should have shown, and listed as suspected duplicate"
AGAIN = "a write of what stood there already"
ASKED = "a person asked what to do"
GONE_UNREAD = "an edit that went with its row, which a person deleted"
ARCHIVED = "an edit that went with its row, which we archived, between our read and our write"
JOINING = "an edit decided by rule while a system joined, by a worker of the old settings"


def _any(_: Kind) -> bool:
    return True


WINDOWS: Mapping[str, Window] = {
    OVERWRITTEN: Window(_is_unguarded, 400),
    ARCHIVED: Window(lambda kind: _is_unguarded(kind) or kind.is_shy, 10),
    APPLIED_LATE: Window(lambda kind: bool(kind.late), 60),
    OWN_FORM: Window(lambda kind: not kind.is_honest, 80),
    WISH: Window(_is_mute, 5),
    AGAIN: Window(_respells, 30, {"mute": 3000, "own spelling": 80}),
    ANOTHERS: Window(lambda kind: not kind.can_be_asked, 10),
    TWICE: Window(lambda kind: not kind.can_be_asked, 10),
    RENAMED: Window(lambda kind: not kind.carries_reference, 5),
    ENTERED: Window(lambda kind: not kind.carries_reference, 3),
    CLONED: Window(lambda kind: kind.carries_reference, 3),
    BESIDE: Window(_any, 10, {"no reference": 30, "no revision": 20}),
    FALSE_CONFLICT: Window(_any, 30, {"mute": 4000, "own spelling": 250}),
    UNKNOWN_ROW: Window(_any, 4),
    EMPTIED: Window(_any, 6, {"shy": 20}),
    TWO_AS_ONE: Window(_any, 2),
    TWINS: Window(_any, 500),
    ASKED: Window(
        _any, 800, {"no reference": 3500, "ignoring": 4000, "mute": 2000, "no look-up": 1500, "no new contacts": 1500}
    ),
    GONE_UNREAD: Window(_any, 1200, {"listing": 2000, "no revision": 2000}),
    JOINING: Window(_any, 2),
}
"""The windows: those of a partner's making first, then those of people and of settings, which any partner has."""

_ASKS = frozenset({Verdict.PARKED, Verdict.PERSON, Verdict.HELD, Verdict.AMBIGUOUS})
_VALUES = frozenset({Verdict.WON, Verdict.LOST, Verdict.PASSED, Verdict.REFUSED, Verdict.PERSON})


def logged_windows(history: History) -> Opened:
    """Return what the conflicts tell of windows: who was asked, what is doubled, which values of ours came as news."""
    opened: Opened = Counter()
    for system, number in history.truth.repeated.items():
        opened[AGAIN, history.kinds[system].name] += number
    for conflict in history.memory.records.conflicts:
        decision = conflict.decision
        kind = history.kinds[decision.system].name
        if decision.verdict is Verdict.DUPLICATE:
            opened[TWINS, kind] += 1
        if decision.verdict in _ASKS:
            opened[ASKED, kind] += 1
        if decision.verdict in _VALUES and _is_ours(history, conflict.record_id, decision):
            opened[FALSE_CONFLICT, kind] += 1
    return opened


def _is_ours(history: History, record_id: str, decision: Decision) -> bool:
    """Tell whether a plain value that was taken for an edit was put there by us: no person of that system ever did."""
    entity = history.memory.records.held[record_id].entity
    if element_of(decision.path) is not None or decision.path == "status" or decision.theirs is None:
        return False
    edits = (e for e in history.truth.edits if e.place[:2] == (decision.system, entity))
    typed = {digest(edit.value) for edit in edits if edit.path == decision.path}
    return referred(entity, decision.path) is None and digest(decision.theirs) not in typed


def shut(opened: Opened, kinds: Iterable[Kind]) -> Iterator[str]:
    """Yield every window that opened at a kind at which nothing of the sort may happen."""
    known = {kind.name: kind for kind in kinds}
    for name, kind in sorted(opened):
        if opened[name, kind] and not WINDOWS[name].may_open(known[kind]):
            yield f"2 what is exact keeps its promise: {name}, at a partner of kind {kind!r}"
