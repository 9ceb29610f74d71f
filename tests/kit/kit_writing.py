"""The kit's checks of writing: one record per create, one answer per command, nothing that was not sent is touched."""

from __future__ import annotations

import pytest

from shared.core.observations import Accepted, Next, Refused, Stored, Unknown
from tests.connectors.fakes.base import OUT_OF_ORDER, REFUSED, TOO_SHORT, Given
from tests.kit.kit_bench import CUSTOMER, Stand, a_create, a_record_id, an_update, can, has_an_exact_revision, may_play
from tests.kit.kit_room import only_where, where


@only_where(can("create"))
class WritingChecks:
    """Checks of `write`."""

    def test_a_created_record_holds_what_was_sent(self, stand: Stand) -> None:
        external_id = stand.made(7)

        held = stand.fake.shown()[external_id]
        assert (held["name"], held["phone"]) == ("Customer 7", "+1 512 555 0007")

    def test_the_same_create_twice_makes_one_record(self, stand: Stand) -> None:
        stand.deliver(a_create())
        stand.deliver(a_create())

        assert len(stand.fake.shown()) == 1

    @pytest.mark.parametrize("how", ["hangs up", "cut off", "503", "a page for people"])
    def test_a_lost_reply_then_a_look_makes_one_record(self, stand: Stand, how: str) -> None:
        assert stand.found(a_record_id(1)) == []
        lost = {
            "hangs up": Given(applies=True, hangs_up=True),
            "cut off": Given(200, {"id": "x" * 200}, applies=True, cut=20),
            "503": Given(503, applies=True),
            "a page for people": Given(200, raw=b"<html>Welcome</html>", applies=True),
        }
        _learn_all_that_a_create_needs(stand)
        before = len(stand.fake.shown())
        stand.fake.next_replies.append(lost[how])

        answer = stand.write(a_create())[0]

        assert isinstance(answer, Unknown), answer
        assert len(stand.found(a_record_id(1))) == 1
        stand.deliver(a_create())
        assert len(stand.fake.shown()) == before + 1

    def test_answers_belong_to_their_commands(self, stand: Stand) -> None:
        answers = stand.write(*(a_create(number) for number in range(1, 6)))

        self._each_is_its_own(stand, answers)

    @where(may_play(OUT_OF_ORDER))
    def test_a_batch_that_is_answered_out_of_order_is_put_in_order(self, stand: Stand) -> None:
        stand.fake.tricks.add(OUT_OF_ORDER)

        answers = stand.write(*(a_create(number) for number in range(1, 6)))

        self._each_is_its_own(stand, answers)

    @where(may_play(TOO_SHORT))
    def test_what_an_answer_leaves_out_is_unknown(self, stand: Stand) -> None:
        stand.fake.tricks.add(TOO_SHORT)

        answers = stand.write(*(a_create(number) for number in range(1, 4)))

        assert [type(answer) for answer in answers].count(Unknown) == 1
        self._each_is_its_own(stand, answers)

    def test_one_refused_record_does_not_hold_up_the_others(self, stand: Stand) -> None:
        answers = stand.write(a_create(1), a_create(2, name=REFUSED), a_create(3))

        assert isinstance(answers[1], Refused), answers[1]
        assert answers[1].trouble.next is Next.PERMANENT
        assert not answers[1].trouble.whole_system
        assert [isinstance(answers[place], Stored | Accepted) for place in (0, 2)] == [True, True]
        assert sorted(str(each["name"]) for each in stand.fake.shown().values()) == ["Customer 1", "Customer 3"]

    def test_more_than_one_call_takes_is_written_in_several(self, stand: Stand) -> None:
        count = min(stand.bench.capability.batch_size + 1, 101)

        answers = stand.write(*(a_create(number) for number in range(count)))

        assert all(isinstance(answer, Stored | Accepted) for answer in answers)
        assert len(stand.fake.shown()) == count

    def test_an_update_changes_what_it_carries_and_nothing_else(self, stand: Stand) -> None:
        external_id = stand.fake.put("Customer", "+1 512 555 0100", unmapped="kept")
        stand.shown(external_id)

        answer = stand.write(an_update(external_id, name="Renamed"))[0]

        assert isinstance(answer, Stored | Accepted), answer
        held = stand.fake.shown()[external_id]
        assert held == {"name": "Renamed", "phone": "+1 512 555 0100", "unmapped": "kept"}

    def test_nothing_empties_a_field(self, stand: Stand) -> None:
        external_id = stand.made()

        stand.write(an_update(external_id, phone=None))

        assert stand.fake.shown()[external_id]["phone"] in (None, "")
        assert stand.fake.shown()[external_id]["name"] == "Customer 1"
        assert stand.shown(external_id).fields["phone"] in (None, "")

    def test_an_answer_shows_what_was_stored(self, stand: Stand) -> None:
        external_id = stand.made()

        answer = stand.write(an_update(external_id, phone="+1 512 555 4321"))[0]

        assert isinstance(answer, Stored | Accepted)
        assert answer.external_id == external_id
        if isinstance(answer, Stored):
            assert answer.shown.external_id == external_id
            assert answer.shown.fields["phone"] == "+1 512 555 4321"

    @where(has_an_exact_revision)
    def test_a_precondition_that_no_longer_holds_is_a_conflict(self, stand: Stand) -> None:
        external_id = stand.made()
        revision = stand.shown(external_id).revision
        stand.fake.change(external_id, phone="+1 512 555 6666")

        answer = stand.write(an_update(external_id, revision, phone="+1 512 555 5555"))[0]

        assert isinstance(answer, Refused), answer
        assert answer.trouble.next is Next.CONFLICT
        assert stand.fake.shown()[external_id]["phone"] == "+1 512 555 6666"

    def test_a_write_to_a_record_that_is_gone_is_a_reason_to_look(self, stand: Stand) -> None:
        external_id = stand.made()
        stand.fake.end(external_id)

        answer = stand.write(an_update(external_id, phone="+1 512 555 5555"))[0]

        assert isinstance(answer, Refused), answer
        assert answer.trouble.next is Next.CONFLICT

    def test_a_command_is_sent_once(self, stand: Stand) -> None:
        _learn_all_that_a_create_needs(stand)
        before = len(stand.fake.log)
        stand.fake.next_replies.append(Given(500))

        stand.write(a_create())

        assert len(stand.fake.log) == before + 1

    def _each_is_its_own(self, stand: Stand, answers: object) -> None:
        assert isinstance(answers, list | tuple)
        shown = stand.fake.shown()
        for number, answer in enumerate(answers, start=1):
            if isinstance(answer, Unknown):
                continue
            assert isinstance(answer, Stored | Accepted), answer
            assert shown[answer.external_id]["name"] == f"Customer {number}"


def _learn_all_that_a_create_needs(stand: Stand) -> None:
    """Log in and read what a connector reads once, so that the next request is the create itself."""
    from shared.core.commands import Archive

    external_id = stand.made(99)
    stand.system.write(CUSTOMER, [Archive(a_record_id(99), external_id)])
