"""The kit's checks of trouble: each sorted by what to do next, waits obeyed without waiting, nothing secret told."""

from __future__ import annotations

import json
import logging
import time
from datetime import timedelta
from email.utils import format_datetime

import pytest

from shared.core.observations import Next, Observation, Refused, Trouble, Unknown
from tests.connectors.fakes.base import START, Given
from tests.kit.kit_bench import CUSTOMER, ErrorCase, Stand, a_create, an_update, is_called
from tests.kit.kit_room import only_where

PATIENCE_SECONDS = 2.0
LOGIN_CALLS = 3
"""The most that one refresh costs: the call that was refused, and up to two for the login."""

WAITS = {
    "seconds": {"Retry-After": "120"},
    "date": {
        "Retry-After": format_datetime(START + timedelta(seconds=120), usegmt=True),
        "Date": format_datetime(START, usegmt=True),
    },
}
PERSONAL = "ada.lovelace@example.invalid"


@only_where(is_called)
class TroubleChecks:
    """Checks of what a connector makes of errors."""

    def test_an_ended_credential_is_renewed_once(self, stand: Stand) -> None:
        external_id = stand.made()
        usual = _calls_of_a_look(stand, external_id)
        stand.secret.update(stand.fake.expire())

        assert _calls_of_a_look(stand, external_id) <= usual + LOGIN_CALLS

    def test_a_refused_credential_trips_the_system_after_few_calls(self, stand: Stand) -> None:
        external_id = stand.made()
        stand.fake.lock_out()
        before = len(stand.fake.log)

        trouble = stand.system.fetch(CUSTOMER, [external_id])

        assert isinstance(trouble, Trouble)
        assert trouble.next is Next.AUTH
        assert trouble.whole_system
        assert len(stand.fake.log) - before <= 3

    @pytest.mark.parametrize("form", WAITS)
    @pytest.mark.parametrize("status", [429, 503])
    def test_retry_after_is_told_and_not_waited_for(self, stand: Stand, status: int, form: str) -> None:
        external_id = stand.made()
        stand.fake.next_replies.append(Given(status, headers=WAITS[form]))
        began = time.monotonic()

        trouble = stand.system.fetch(CUSTOMER, [external_id])

        assert time.monotonic() - began < PATIENCE_SECONDS
        assert isinstance(trouble, Trouble)
        assert trouble.next is (Next.THROTTLED if status == 429 else Next.RETRYABLE)
        assert trouble.whole_system
        assert trouble.wait_seconds == pytest.approx(120, abs=2)

    @pytest.mark.parametrize("form", WAITS)
    def test_a_throttled_write_was_surely_not_made(self, stand: Stand, form: str) -> None:
        external_id = stand.made()
        stand.fake.next_replies.append(Given(429, headers=WAITS[form]))

        answer = stand.write(an_update(external_id, phone="+1 512 555 1234"))[0]

        assert isinstance(answer, Refused), answer
        assert answer.trouble.next is Next.THROTTLED
        assert answer.trouble.whole_system
        assert answer.trouble.wait_seconds == pytest.approx(120, abs=2)

    def test_each_documented_error_of_a_read_lands_in_its_class(self, stand: Stand) -> None:
        external_id = stand.made()
        for case in _of(stand, "read"):
            stand.fake.next_replies += [case.given, case.given]
            trouble = stand.system.changed_since(CUSTOMER, None)
            stand.fake.next_replies.clear()
            assert isinstance(trouble, Trouble), (case.name, trouble)
            _is_as_documented(case, trouble)
        assert stand.shown(external_id).fields

    def test_each_documented_error_of_a_write_lands_in_its_class(self, stand: Stand) -> None:
        stand.made()
        for number, case in enumerate(_of(stand, "write"), start=2):
            stand.fake.next_replies += [case.given, case.given]  # a refused batch may be tried one by one
            answer = stand.write(a_create(number))[0]
            stand.fake.next_replies.clear()
            if isinstance(answer, Unknown):
                assert case.next is Next.RETRYABLE, case.name
                continue
            assert isinstance(answer, Refused), (case.name, answer)
            _is_as_documented(case, answer.trouble)

    def test_an_unknown_error_may_be_tried_again_and_counts_as_a_try_of_that_record(self, stand: Stand) -> None:
        stand.made()
        stand.fake.next_replies += [stand.bench.unknown, stand.bench.unknown]

        trouble = stand.system.changed_since(CUSTOMER, None)

        assert isinstance(trouble, Trouble)
        assert trouble.next is Next.RETRYABLE
        assert trouble.code
        assert not trouble.whole_system  # a trouble of the whole system counts as a try of no record

    def test_a_page_for_people_is_no_answer(self, stand: Stand) -> None:
        stand.made()
        page = Given(200, raw=b"<!doctype html><title>Maintenance</title>", headers={"Content-Type": "text/html"})
        stand.fake.next_replies += [page, page]

        trouble = stand.system.changed_since(CUSTOMER, None)

        assert isinstance(trouble, Trouble)
        assert trouble.next is Next.RETRYABLE

    def test_a_cut_off_answer_is_no_answer(self, stand: Stand) -> None:
        stand.made()
        cut = Given(200, {"data": [{"id": "1"}] * 20, "result": [], "results": [], "list": []}, cut=30)
        stand.fake.next_replies += [cut, cut]

        trouble = stand.system.changed_since(CUSTOMER, None)

        assert isinstance(trouble, Trouble)
        assert trouble.next is Next.RETRYABLE

    def test_an_object_without_what_it_should_hold_is_no_empty_list(self, stand: Stand) -> None:
        stand.made()
        stand.fake.next_replies += [Given(200, {"ok": True, "note": "hello"})] * 2

        listing = stand.system.list(CUSTOMER, None)

        assert isinstance(listing, Trouble), listing

    def test_nothing_secret_is_told(self, stand: Stand) -> None:
        told = _Told()
        root = logging.getLogger()
        level = root.level
        root.addHandler(told)
        root.setLevel(logging.DEBUG)
        try:
            texts, tokens = _provoked(stand)
        finally:
            root.removeHandler(told)
            root.setLevel(level)
        whole = "\n".join([*texts, *told.lines])
        for secret in stand.secret.values():
            assert secret not in whole
        for token in tokens:
            assert token not in whole
        assert PERSONAL not in whole


def _calls_of_a_look(stand: Stand, external_id: str) -> int:
    before = len(stand.fake.log)
    assert isinstance(stand.shown(external_id), Observation)
    return len(stand.fake.log) - before


class _Told(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def _provoked(stand: Stand) -> tuple[list[str], list[str]]:
    """Return everything that a connector says of failures whose answers repeat our secret, a login's token and a
    person's address; and the token."""
    external_id = stand.made()
    tokens = stand.fake.tokens()
    secrets = [*stand.secret.values(), *tokens]
    texts = [repr(stand.system), str(stand.system)]
    said = f"no: {' '.join(secrets)} of {PERSONAL}"
    echo = stand.bench.echoes(said) if stand.bench.echoes else Given(400, {"message": said})
    for given in (echo, Given(500, raw=json.dumps({"error": said}).encode()), Given(200, raw=said.encode())):
        stand.fake.next_replies += [given, given]
        texts.append(repr(stand.system.changed_since(CUSTOMER, None)))
        stand.fake.next_replies[:] = [given]
        texts.append(repr(stand.write(an_update(external_id, name=PERSONAL))))
        stand.fake.next_replies.clear()
    stand.fake.lock_out()
    texts.append(repr(stand.system.fetch(CUSTOMER, [external_id])))
    return texts, tokens


def _of(stand: Stand, what: str) -> list[ErrorCase]:
    cases = [case for case in stand.bench.errors if what in case.of]
    assert cases
    return cases


def _is_as_documented(case: ErrorCase, trouble: Trouble) -> None:
    assert trouble.next is case.next, (case.name, trouble)
    if case.whole_system is not None:
        assert trouble.whole_system is case.whole_system, (case.name, trouble)
