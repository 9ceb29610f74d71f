"""The kit's checks of reading: walks end, nothing is lost on the way, and what is shown is what stands there."""

from __future__ import annotations

from datetime import timedelta

from shared.core.keys import REFERENCE
from shared.core.observations import Gone, Observation, Trouble
from shared.ports.system import Key
from tests.connectors.fakes.base import HIDES_PHONES, KEEPS_EMPTY, LYING_PAGE, REPEATS_CURSOR, START
from tests.kit.kit_bench import CUSTOMER, Stand, a_create, a_record_id, an_update, can, is_polled, may_play
from tests.kit.kit_room import where

MANY = 10_050


class ReadingChecks:
    """Checks of `changed_since`, `list`, `fetch` and `find`."""

    def test_a_listing_shows_everything_once_and_ends(self, stand: Stand) -> None:
        ids = [stand.fake.put(f"Customer {number}") for number in range(2 * stand.bench.page_size + 1)]

        listed = [entry.external_id for entry in stand.all_listed()]

        assert sorted(listed) == sorted(ids)

    @where(may_play(LYING_PAGE))
    def test_an_empty_page_that_says_more_follow_ends_the_walk(self, stand: Stand) -> None:
        stand.fake.tricks.add(LYING_PAGE)
        ids = {stand.fake.put(f"Customer {number}") for number in range(3)}

        assert {entry.external_id for entry in stand.all_listed()} == ids

    @where(may_play(REPEATS_CURSOR))
    def test_a_repeated_cursor_ends_the_walk(self, stand: Stand) -> None:
        stand.fake.tricks.add(REPEATS_CURSOR)
        ids = {stand.fake.put(f"Customer {number}") for number in range(stand.bench.page_size + 1)}

        assert {entry.external_id for entry in stand.all_listed()} == ids

    @where(is_polled)
    def test_ten_thousand_records_of_one_instant_are_all_seen(self, stand: Stand) -> None:
        first = stand.fake.put("An earlier one")
        _, cursor = stand.poll(None)
        stand.fake.stamp = START + timedelta(hours=1)
        stand.fake.now = START + timedelta(hours=2)
        ids = {stand.fake.put(f"Customer {number}") for number in range(MANY)}

        seen, _ = stand.poll(cursor)

        assert set(seen) - {first} == ids

    @where(is_polled)
    def test_a_poll_goes_on_where_the_last_one_ended(self, stand: Stand) -> None:
        old = [stand.fake.put(f"Customer {number}") for number in range(3)]
        stand.fake.now += timedelta(hours=1)
        stand.fake.put("The latest so far")
        _, cursor = stand.poll(None)
        stand.fake.now += timedelta(hours=1)
        new = stand.fake.put("New")

        seen, _ = stand.poll(cursor)

        assert new in seen
        assert not set(old) & set(seen)

    @where(is_polled)
    def test_a_record_that_was_committed_late_is_seen_by_the_overlap(self, stand: Stand) -> None:
        stand.fake.put("Early")
        stand.fake.now += timedelta(hours=1)
        stand.fake.put("On time")
        _, cursor = stand.poll(None)
        stand.fake.stamp = stand.fake.now - timedelta(seconds=stand.bench.overlap_seconds // 2)
        late = stand.fake.put("Late")

        seen, _ = stand.poll(cursor)

        assert late in seen

    @where(is_polled)
    def test_a_record_that_changes_during_a_walk_hides_no_other(self, stand: Stand) -> None:
        ids = [stand.fake.put(f"Customer {number}") for number in range(2 * stand.bench.page_size)]
        page = stand.system.changed_since(CUSTOMER, None)
        assert not isinstance(page, Trouble)
        for each in ids[:5]:
            stand.fake.change(each, phone="+1 512 555 9999")

        seen, _ = stand.poll(page.next_cursor)

        assert {each.external_id for each in page.observations} | set(page.ids) | set(seen) == set(ids)

    def test_fetch_answers_every_id_and_what_is_not_there_is_gone(self, stand: Stand) -> None:
        ids = [stand.fake.put(f"Customer {number}", "+1 512 555 0100") for number in range(3)]
        ended = ids.pop()
        stand.fake.end(ended)

        found = stand.system.fetch(CUSTOMER, [*ids, ended])

        assert not isinstance(found, Trouble)
        assert found.get(ended) == Gone(ended)
        names = [shown.fields["name"] if isinstance(shown, Observation) else shown for shown in map(found.get, ids)]
        assert names == ["Customer 0", "Customer 1"]

    def test_what_is_not_known_is_shown_as_nothing_and_not_left_out(self, stand: Stand) -> None:
        external_id = stand.fake.put("Customer")

        shown = stand.shown(external_id)

        assert "phone" in shown.fields
        assert shown.fields["phone"] in (None, "")
        assert shown.complete

    @where(may_play(HIDES_PHONES))
    def test_what_is_left_out_is_neither_nothing_nor_empty(self, stand: Stand) -> None:
        external_id = stand.fake.put("Customer", "+1 512 555 0100")
        stand.fake.tricks.add(HIDES_PHONES)

        shown = stand.shown(external_id)

        assert shown.fields["name"] == "Customer"
        assert "phone" not in shown.fields
        assert not shown.complete

    @where(may_play(KEEPS_EMPTY))
    def test_an_empty_text_is_not_nothing(self, stand: Stand) -> None:
        empty, nothing = stand.fake.put("Empty", ""), stand.fake.put("Nothing")

        assert stand.shown(empty).fields["phone"] == ""
        assert stand.shown(nothing).fields["phone"] is None

    def test_times_are_aware_and_to_the_partners_digit(self, stand: Stand) -> None:
        moment = START.replace(hour=17, minute=30, second=12, microsecond=345_678)
        stand.fake.stamp = moment
        external_id = stand.fake.put("Customer")

        modified = stand.shown(external_id).modified_at

        assert modified is not None
        assert modified.tzinfo is not None
        assert abs((modified - moment) // timedelta(microseconds=1)) < stand.bench.unit

    @where(can("create"))
    def test_records_are_found_by_our_reference_in_bulk(self, stand: Stand) -> None:
        ids = [stand.made(number) for number in (1, 2)]
        keys = [Key(REFERENCE, (a_record_id(number),)) for number in (1, 2, 3)]

        found = stand.system.find(CUSTOMER, keys)

        assert not isinstance(found, Trouble)
        assert [[each.external_id for each in found[key]] for key in keys] == [[ids[0]], [ids[1]], []]

    @where(can("create"))
    def test_a_created_record_shows_our_reference(self, stand: Stand) -> None:
        assert stand.shown(stand.made()).reference == a_record_id(1)

    def test_what_a_record_shows_is_what_the_catalog_says(self, stand: Stand) -> None:
        shown = stand.shown(stand.fake.put("Customer", "+1 512 555 0100"))

        plain = {path for path in stand.bench.capability.carries if "[" not in path}
        assert plain <= set(shown.fields)
        assert (shown.revision is not None and shown.revision.exact) is stand.bench.capability.exact

    @where(can("create", "update"))
    def test_a_changed_record_has_a_greater_revision(self, stand: Stand) -> None:
        external_id = stand.made()
        before = stand.shown(external_id).revision
        stand.write(an_update(external_id, phone="+1 512 555 7777"))
        after = stand.shown(external_id).revision

        assert before is not None
        assert before.order is not None
        assert after is not None
        assert after.order is not None
        assert after.order > before.order

    @where(can("create", "archive"))
    def test_an_archived_record_is_gone(self, stand: Stand) -> None:
        from shared.core.commands import Archive

        external_id = stand.made()
        stand.system.write(CUSTOMER, [Archive(a_record_id(1), external_id)])

        found = stand.system.fetch(CUSTOMER, [external_id])

        assert found == {external_id: Gone(external_id)}
        assert stand.all_listed() == []
        assert stand.found(a_record_id(1)) == []
        assert stand.fake.shown() == {}
        assert stand.deliver(a_create()) is not None
