"""What a system should show but cannot be told is listed with what it lacks; nothing else is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.core.cannot import Lacks, Unsupported, cannot_take
from shared.core.records import Record, Tombstone
from shared.core.rules import OnDelete
from tests.kit.merging import NOW, agreed, edited
from tests.kit.rules import rules_of


def renamed() -> Record:
    return edited(agreed(), "crm", {"name": "Ada L."})


@pytest.mark.parametrize(
    ("record", "lacks", "listed"),
    [
        (renamed(), {"can_update": False}, [Unsupported("erp", "name", Lacks.UPDATE)]),
        (agreed(), {"can_update": False}, []),
        (agreed(systems=("crm",)), {"can_create": False}, [Unsupported("erp", "", Lacks.CREATE)]),
        (agreed(systems=("crm",)), {"can_create": False, "takes": frozenset[str]()}, []),
        (
            replace(renamed(), tombstone=Tombstone("crm", NOW)),
            {"can_archive": False},
            [Unsupported("erp", "", Lacks.ARCHIVE)],
        ),
        (replace(renamed(), tombstone=Tombstone("erp", NOW)), {"can_archive": False}, []),
        (renamed(), {}, []),
    ],
)
def test_only_what_a_system_should_show_and_cannot_be_told_is_listed(
    record: Record, lacks: dict[str, Any], listed: list[Unsupported]
) -> None:
    assert list(cannot_take(record, rules_of(erp=lacks))) == listed


def test_a_deletion_that_nobody_is_to_get_is_not_listed() -> None:
    dead = replace(renamed(), tombstone=Tombstone("crm", NOW))

    assert cannot_take(dead, rules_of(erp={"can_archive": False}, on_delete=OnDelete.DETACH)) == ()
