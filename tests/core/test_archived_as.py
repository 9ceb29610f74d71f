"""Records that an archive leaves to be seen in a system: an order that is cancelled is gone for us, and no edit of it.

The simulation found them (odoo, seed 25): an order that was deleted in the CRM was cancelled in Odoo, the next poll
showed the cancelled one, that passed for an edit, and the CRM got the order anew.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.observations import Accepted
from shared.core.owed import is_archive_owed
from shared.core.records import LinkState, Record, Tombstone
from shared.core.rules import EntityRules
from tests.kit.merging import NOW, agreed, answered, planned, seen_in, sending, shown
from tests.kit.rules import rules_of

FIELDS = {"number": "1", "status": "placed"}
CANCELLED = {"number": "1", "status": "cancelled"}


@pytest.fixture
def rules() -> EntityRules:
    return rules_of("order", erp={"archived_as": {"status": "cancelled"}})


@pytest.fixture
def dead() -> Record:
    return replace(agreed(FIELDS, entity="order"), tombstone=Tombstone("crm", NOW))


def test_what_our_archive_left_lifts_no_tombstone_and_is_not_archived_again(dead: Record, rules: EntityRules) -> None:
    archived = answered(sending(dead, "erp", rules), "erp", Accepted("e1"), rules).record

    after = seen_in(archived, shown("erp", CANCELLED, revision=9, entity="order"), rules).record

    assert after.tombstone is not None
    assert after.link("erp").state is LinkState.ARCHIVED
    assert not is_archive_owed(after, "erp", rules)


def test_what_it_left_is_known_before_its_answer_came(dead: Record, rules: EntityRules) -> None:
    after = seen_in(sending(dead, "erp", rules), shown("erp", CANCELLED, revision=9, entity="order"), rules).record

    assert after.tombstone is not None
    assert after.link("erp").intent is not None


def test_an_edit_of_what_it_left_lifts_the_tombstone(dead: Record, rules: EntityRules) -> None:
    archived = answered(sending(dead, "erp", rules), "erp", Accepted("e1"), rules).record

    after = seen_in(archived, shown("erp", {**CANCELLED, "number": "2"}, revision=9, entity="order"), rules).record

    assert after.tombstone is None
    assert after.link("erp").is_live


def test_one_that_is_shown_as_it_was_before_is_archived_again(dead: Record, rules: EntityRules) -> None:
    archived = answered(sending(dead, "erp", rules), "erp", Accepted("e1"), rules).record
    silent = replace(archived, links={**archived.links, "erp": agreed(FIELDS, entity="order").link("erp")})

    after = seen_in(silent, shown("erp", FIELDS, revision=9, entity="order"), rules).record

    assert after.tombstone is not None
    assert type(planned(after, "erp", rules)).__name__ == "Archive"
