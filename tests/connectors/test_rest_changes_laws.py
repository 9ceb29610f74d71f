"""Whatever is edited while pages are read: the polls together show every record as it is in the end."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.observations import Observation
from shared.ports.system import Page
from tests.kit.rest import a_customer, a_system
from tests.kit.rest_server import Manners, Record

MOST_PAGES = 100


def row(number: int, edits: int, stamp: str) -> Record:
    return {"id": number, "name": f"N{number}", "email": str(edits), "phone": None, "stamp": stamp}


def long_ago(minute: int) -> str:
    return f"2026-03-02T09:{minute:02d}:00Z"


def from_now_on(minute: int) -> str:
    """Return a moment that the server's clock, a real one, has not passed yet."""
    return f"2999-03-02T{minute // 60:02d}:{minute % 60:02d}:00Z"


def emails(page: Page) -> dict[str, Any]:
    """Return the e-mail per id that a page shows."""
    return {each.external_id: each.fields["email"] for each in page.observations if isinstance(each, Observation)}


@settings(max_examples=40, deadline=None)
@given(
    stamps=st.lists(st.integers(0, 3), min_size=1, max_size=9),
    edits=st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=12),
    size=st.integers(1, 4),
    by=st.sampled_from(["page", "offset"]),
    sorts=st.booleans(),
)
def test_no_edit_is_ever_lost_to_the_polls(
    stamps: list[int], edits: list[tuple[int, bool]], size: int, by: Any, sorts: bool
) -> None:
    entities = {
        "customer": a_customer(page={"by": by, "size": size, "sorted": sorts}, updated_since="updated_since={}")
    }
    rows = [row(number, 0, long_ago(stamp)) for number, stamp in enumerate(stamps, start=1)]
    seen: dict[str, str] = {}
    cursor, left, minute = None, list(edits), 0
    with a_system(Manners(page=by, sorts_by_time=sorts), entities, customers=rows) as (system, server):
        for _ in range(MOST_PAGES):
            page = system.changed_since("customer", cursor)
            assert isinstance(page, Page), page
            seen |= emails(page)
            cursor = page.next_cursor
            if left and str(left[0][0]) in server.resources["customers"]:
                number, later = left.pop(0)
                minute += 5 * later
                edited = int(server.resources["customers"][str(number)]["email"]) + 1
                server.put("customers", row(number, edited, from_now_on(minute)))
            elif left:
                left.pop(0)
            elif not page.more:
                break
        final = system.changed_since("customer", cursor)
        while isinstance(final, Page):
            seen |= emails(final)
            if not final.more:
                break
            final = system.changed_since("customer", final.next_cursor)

        assert seen == {str(each["id"]): each["email"] for each in server.rows("customers")}
