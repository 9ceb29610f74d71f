"""The end: nothing owed, parked, open or dead, and both systems show the same, read by the demo's own reader."""

from __future__ import annotations

from local.demo.comparing import differing
from local.demo.faults.stage import NotRepaired, Stage, expect
from local.demo.reader import read_crm, read_erp

_FIRST_FEW = 3


def nothing_left_over(stage: Stage) -> None:
    """Look at everything once more."""
    stage.settles()
    stage.types("status")
    counts = stage.operator.asks("status")
    for name in ("owed", "parked", "conflicts"):
        expect(f"the number of {name}", counts[name], 0)
    for verb in ("failures", "conflicts", "dead-letters"):
        expect(f"what tandem {verb} lists", stage.operator.asks(verb)["items"], [])
    wrong = differing(read_crm(stage.systems.crm), read_erp(stage.systems.erp))
    if wrong:
        raise NotRepaired("; ".join(wrong[:_FIRST_FEW]))
