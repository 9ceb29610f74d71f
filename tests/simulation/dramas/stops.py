"""Outages, pauses, bounds: who is down is left alone and harms nobody, who is stopped is not called."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from shared.flows.operating.stopping import pause, resume
from tests.simulation.drama import Drama, Play
from tests.simulation.kinds import BEST


def _one(play: Play) -> None:
    """One customer stands in both."""
    play.customer("crm", "ada")


def _read_only(play: Play) -> None:
    """The ERP is read, but takes no writes for half an hour."""
    erp = play.history.connectors["erp"]
    erp.is_read_only = True
    play.at(1.0, play.edit, "crm", "crm-1", name=play.new())
    play.at(1500.0, partial(setattr, erp, "is_read_only", False))


def _nothing_is_parked(play: Play) -> Iterable[str]:
    for record in play.history.records():
        for system, link in record.links.items():
            if link.parked is not None:
                yield f"16 an outage is nobody's attempt: {record.id[:4]} is parked in {system}: {link.parked.reason}"


def _paused(play: Play) -> None:
    """The ERP is paused while people work and everything is compared; then it goes on by itself."""
    history = play.history
    play.at(1.0, lambda: history.operator("pause erp", lambda parts: pause(parts, "erp", None, "operator")))
    play.at(5.0, play.edit, "crm", "crm-1", name=play.new())
    play.at(6.0, play.customer, "crm", "bob")
    play.at(8.0, play.edit, "erp", "erp-1", phone=play.new("+"))
    play.at(12.0, history.start_reconcile)
    play.at(45.0, lambda: history.operator("resume erp", lambda parts: resume(parts, "erp", None)))


DRAMAS = (
    Drama(
        "a system takes no writes",
        {"crm": BEST, "erp": BEST},
        _read_only,
        _one,
        on_time=_nothing_is_parked,
        lasts=1600.0,
    ),
    Drama("a pause", {"crm": BEST, "erp": BEST}, _paused, _one, is_told=True, lasts=150.0),
)
