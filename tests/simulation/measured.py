"""How large the windows of a long run were: per kind of partner, against their bounds, and as the table of
docs/guarantees.md."""

from __future__ import annotations

from collections.abc import Iterator

from tests.simulation.kinds import KINDS, Kind
from tests.simulation.outcome import Outcome
from tests.simulation.windows import WINDOWS

FEW = 12
"""So often a window may open in any run: below that a rate says nothing."""

EXACT = "exact and honest"
"""What the kinds at which nothing can be lost are called together."""


def beyond(outcome: Outcome) -> list[str]:
    """Return every window that opened more often at a kind of partner than its bound says."""
    return [
        f"{name}: {number} times at {kind}, in {_histories(outcome, kind)} histories"
        for (name, kind), number in sorted(outcome.opened.items())
        if number > max(FEW, WINDOWS[name].most(kind) * _histories(outcome, kind) / 1000)
    ]


def exact_and_honest() -> list[Kind]:
    """Return the kinds of partner that keep from us neither a row that we made, nor any of its fields."""
    exact = [kind for kind in KINDS.values() if kind.has_no_window and not kind.is_shy]
    return [kind for kind in exact if kind.carries_reference and kind.can_be_asked]


def table(outcome: Outcome) -> list[str]:
    """Return the lines of a table: per window how often it opened in a thousand histories with such a partner."""
    exact = [kind.name for kind in exact_and_honest()]
    lines = [f"| window | {EXACT} | other kinds of partner |", "|---|---|---|"]
    for name, window in WINDOWS.items():
        others = sorted((-_rate(outcome, name, kind), kind) for kind in KINDS if kind not in exact)
        sizes = [f"{kind} {_told(-rate)}" for rate, kind in others if rate]
        shut = not any(window.may_open(KINDS[kind]) for kind in exact)
        together = sum(outcome.opened[name, kind] for kind in exact)
        rate = 1000 * together / max(1, sum(_histories(outcome, kind) for kind in exact))
        lines.append(f"| {name} | {'0 (asserted)' if shut else _told(rate)} | {' · '.join(sizes) or '0'} |")
    return lines


def sizes(outcome: Outcome) -> Iterator[str]:
    """Yield a line per window and kind of partner at which it opened."""
    for (name, kind), number in sorted(outcome.opened.items()):
        if number:
            yield f"{number:>10}  window: {name}: {kind} ({_told(_rate(outcome, name, kind))} in 1,000 histories)"


def _rate(outcome: Outcome, name: str, kind: str) -> float:
    return 1000 * outcome.opened[name, kind] / max(1, _histories(outcome, kind))


def _histories(outcome: Outcome, kind: str) -> int:
    return outcome.counts[f"kind: {kind}"]


def _told(rate: float) -> str:
    return f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}" if rate >= 1 else f"{rate:.2f}"
