"""What hides from who looks late: an order that is confirmed, and cancelled before anybody looks.

From confirmed on its lines are the ERP's, of a cancelled order they are nobody's. So the lines that the CRM changed
meanwhile stay unless somebody saw it confirmed, and a second run that is told otherwise ends otherwise (seed 70014).
"""

from __future__ import annotations

from tests.simulation.editing import next_status
from tests.simulation.partner import Partner
from tests.simulation.plan import Act

HIDING = frozenset({"confirmed", "cancelled", "lines"})
"""What is not all done to one order while nobody looks; any two of them are."""


def part_in_hiding(partner: Partner, name: str, act: Act) -> str:
    """Return which part of `HIDING` an act does to a record, if any."""
    if act.kind == "set status":
        status = next_status(partner, name, act)
        return status if status in HIDING else ""
    return "lines" if partner.name == "crm" and act.kind in ("add line", "remove line", "edit order") else ""
