"""What becomes of what is set aside for an order or a deal when that changes; the stories are told over the flows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.core.follow import follow
from shared.core.records import Record
from shared.core.reservations import Place, Reservation, ReservationStep, State
from shared.core.values import Value
from tests.kit.builders import a_record
from tests.kit.clock import START

HELD = Reservation("r1", "d1", ((Place("tea"), Decimal(4)),), START)


def wanting(entity: str, status: str, shipped: int = 0) -> Record:
    line: dict[str, Value] = {"lines[a]": True, "lines[a].product": "tea", "lines[a].quantity": Decimal(4)}
    return a_record("d1", entity=entity, fields={"status": status, **line, "lines[a].shipped": Decimal(shipped)})


def ends_of(demand: Record) -> list[State]:
    transactions = [steps for _, steps in follow(demand, [HELD])]
    return [step.becomes.state for steps in transactions for step in steps if isinstance(step, ReservationStep)]


@pytest.mark.parametrize(
    ("entity", "status", "shipped", "ends"),
    [
        ("opportunity", "open", 0, []),
        ("opportunity", "won", 0, [State.RELEASED]),
        ("order", "placed", 0, []),
        ("order", "partly_shipped", 1, [State.OPEN]),
        ("order", "shipped", 4, [State.FULFILLED]),
        ("order", "cancelled", 0, [State.RELEASED]),
    ],
)
def test_what_is_set_aside_goes_with_what_it_is_set_aside_for(
    entity: str, status: str, shipped: int, ends: list[State]
) -> None:
    assert ends_of(wanting(entity, status, shipped)) == ends
