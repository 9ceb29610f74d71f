"""The kit itself: for each of its checks there is a connector that the check catches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest

from shared.ports.system import Hint, Received, Rejected, WebhookRequest
from tests.connectors.rest_bench import REST, REST_WEBHOOKS
from tests.kit import kit_hostile as sins
from tests.kit import kit_hostile_writing as others
from tests.kit.connector_kit import ConnectorKit
from tests.kit.kit_bench import Stand
from tests.kit.kit_webhooks import Gate, WebhookKit, gate_of

SINS: Mapping[str, type[sins.Hostile]] = {
    "a_listing_shows_everything_once_and_ends": sins.ForgetsTheLast,
    "an_empty_page_that_says_more_follow_ends_the_walk": sins.Endless,
    "a_repeated_cursor_ends_the_walk": sins.Endless,
    "ten_thousand_records_of_one_instant_are_all_seen": sins.StopsEarly,
    "a_poll_goes_on_where_the_last_one_ended": sins.ForgetsTheCursor,
    "a_record_that_was_committed_late_is_seen_by_the_overlap": sins.SeesNothingLate,
    "a_record_that_changes_during_a_walk_hides_no_other": sins.ForgetsTheLast,
    "fetch_answers_every_id_and_what_is_not_there_is_gone": sins.LeavesOutWhatIsGone,
    "what_is_not_known_is_shown_as_nothing_and_not_left_out": sins.OmitsWhatIsEmpty,
    "what_is_left_out_is_neither_nothing_nor_empty": sins.TakesHiddenForEmpty,
    "an_empty_text_is_not_nothing": sins.TakesEmptyForNothing,
    "times_are_aware_and_to_the_partners_digit": sins.LivesInAnotherZone,
    "records_are_found_by_our_reference_in_bulk": sins.FindsNothing,
    "a_created_record_shows_our_reference": sins.ShowsNoReference,
    "what_a_record_shows_is_what_the_catalog_says": sins.ShowsNoRevision,
    "a_changed_record_has_a_greater_revision": sins.NeverAges,
    "an_archived_record_is_gone": sins.OnlySaysSo,
    "a_created_record_holds_what_was_sent": others.MixesUpFields,
    "the_same_create_twice_makes_one_record": others.LosesOurReference,
    "a_lost_reply_then_a_look_makes_one_record": others.TakesLostForRefused,
    "answers_belong_to_their_commands": others.AnswersBackwards,
    "a_batch_that_is_answered_out_of_order_is_put_in_order": others.AnswersBackwards,
    "what_an_answer_leaves_out_is_unknown": others.HopesForTheBest,
    "one_refused_record_does_not_hold_up_the_others": others.AllOrNothing,
    "more_than_one_call_takes_is_written_in_several": others.AnswersOneBatch,
    "an_update_changes_what_it_carries_and_nothing_else": others.ErasesTheRest,
    "nothing_empties_a_field": others.NeverEmpties,
    "an_answer_shows_what_was_stored": others.SaysWhatWasThere,
    "a_precondition_that_no_longer_holds_is_a_conflict": others.OverwritesBlindly,
    "a_write_to_a_record_that_is_gone_is_a_reason_to_look": others.GivesUp,
    "a_command_is_sent_once": others.Insists,
    "an_ended_credential_is_renewed_once": others.KeepsAnOldSecret,
    "a_refused_credential_trips_the_system_after_few_calls": others.Hammers,
    "retry_after_is_told_and_not_waited_for": others.DoesNotListen,
    "a_throttled_write_was_surely_not_made": others.NeverGivesUp,
    "each_documented_error_of_a_read_lands_in_its_class": others.NeverGivesUp,
    "each_documented_error_of_a_write_lands_in_its_class": others.NeverGivesUp,
    "an_unknown_error_may_be_tried_again_and_counts_as_a_try_of_that_record": others.GivesUp,
    "a_page_for_people_is_no_answer": others.ShowsEmptyHands,
    "a_cut_off_answer_is_no_answer": others.ShowsEmptyHands,
    "an_object_without_what_it_should_hold_is_no_empty_list": others.ShowsEmptyHands,
    "nothing_secret_is_told": others.Gossips,
}
ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
    "a_lost_reply_then_a_look_makes_one_record": {"how": "hangs up"},
    "retry_after_is_told_and_not_waited_for": {"status": 429, "form": "date"},
    "a_throttled_write_was_surely_not_made": {"form": "seconds"},
}


def checks_of(kit: type) -> set[str]:
    """Return the checks of a kit by name."""
    return {name.removeprefix("test_") for name in dir(kit) if name.startswith("test_")}


def test_there_is_a_sin_for_every_check() -> None:
    assert checks_of(ConnectorKit) == set(SINS)


@pytest.mark.parametrize("check", SINS)
def test_a_connector_that_commits_the_sin_is_caught(check: str) -> None:
    with REST.stand() as stand:
        stand.system = SINS[check](stand)
        with pytest.raises(AssertionError):
            getattr(ConnectorKit(), f"test_{check}")(stand=stand, **ARGUMENTS.get(check, {}))


@pytest.mark.parametrize("check", SINS)
def test_a_connector_that_commits_no_sin_is_not_caught(check: str) -> None:
    with REST.stand() as stand:
        stand.system = sins.Hostile(stand)
        getattr(ConnectorKit(), f"test_{check}")(stand=stand, **ARGUMENTS.get(check, {}))


def test_a_request_that_breaks_the_contract_is_noticed() -> None:
    with REST.stand() as stand:
        stand.system.fetch("customer", ["nobody"])
        assert stand.fake.problems == []
        _asks_for_what_is_not_there(stand)

        assert stand.fake.problems == ["GET /api/v1/customers: unknown parameters ['sort']"]


def _asks_for_what_is_not_there(stand: Stand) -> None:
    from shared.connectors.http import Http, Request
    from shared.connectors.http_secrets import Secrets, bearer

    http = Http(stand.fake.url, Secrets("crm", lambda _name: stand.secret), bearer)
    http.send(Request("GET", "/api/v1/customers?sort=name"))
    http.close()


@dataclass
class Credulous:
    """Believes whatever comes."""

    def receive(self, request: WebhookRequest, now: datetime) -> Received | Rejected:
        """Take it for genuine; tell everybody a new identity."""
        del now
        return Received((Hint("crm", "customer", str(len(request.body))),), str(id(request)))


@dataclass
class Paranoid:
    """Believes nothing."""

    def receive(self, request: WebhookRequest, now: datetime) -> Received | Rejected:
        """Refuse it, and say too much."""
        del request, now
        return Rejected(401, f"the secret is not {REST_WEBHOOKS.secret}")


@pytest.mark.parametrize("check", sorted(checks_of(WebhookKit)))
def test_a_verifier_that_believes_everything_or_nothing_is_caught(check: str) -> None:
    caught = 0
    for webhooks in (Credulous(), Paranoid()):
        gate = gate_of(REST_WEBHOOKS)
        bench = REST_WEBHOOKS.__class__(**{**vars(REST_WEBHOOKS), "make": lambda *_, each=webhooks: each})
        try:
            getattr(WebhookKit(), f"test_{check}")(gate=Gate(bench, gate.secret, webhooks))
        except AssertionError:
            caught += 1

    assert caught >= 1


def test_a_check_that_a_partner_has_no_room_for_is_not_collected() -> None:
    plainest = replace(REST, tricks=frozenset(), capability=replace(REST.capability, exact=False))

    class Plainest(ConnectorKit):
        bench = plainest

    class Unsigned(WebhookKit):
        webhook_bench = replace(REST_WEBHOOKS, vectors=(), tolerance_seconds=None)

    assert len(_collected(ConnectorKit)) - len(_collected(Plainest)) == 7
    assert len(_collected(WebhookKit)) - len(_collected(Unsigned)) == 3


def _collected(kit: type) -> list[str]:
    return [each for each in checks_of(kit) if callable(getattr(kit, f"test_{each}"))]
