"""Which decisions must stand as a conflict item, and which of those wait for a person."""

from __future__ import annotations

import pytest

from shared.core.decisions import CONFLICTS, OPEN, Decision, Verdict

PLAIN = {Verdict.TAKEN, Verdict.OWN_FORM, Verdict.TOMBSTONED, Verdict.DETACHED, Verdict.REVIVED}


@pytest.mark.parametrize("verdict", list(Verdict))
def test_whatever_overwrites_refuses_passes_or_parks_a_value_is_a_conflict(verdict: Verdict) -> None:
    assert Decision(verdict, "crm").is_conflict is (verdict not in PLAIN)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_only_conflicts_wait_for_a_person(verdict: Verdict) -> None:
    assert Decision(verdict, "crm").is_open is (verdict in OPEN)
    assert OPEN <= CONFLICTS
