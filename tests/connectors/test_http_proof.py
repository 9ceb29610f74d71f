"""Credentials that go along with every call: one caller tries them, the others wait for what comes of it."""

from __future__ import annotations

import pytest

from shared.connectors.http_proof import Admission, Proof
from shared.connectors.http_secrets import Secrets
from shared.ports.stores import SystemStatus
from tests.kit.clock import FakeClock
from tests.kit.memory import MemoryStates
from tests.kit.tokens import MemoryTokens


class Office:
    """What all functions share, and proofs of as many processes as a test wants."""

    def __init__(self) -> None:
        self.clock, self.states = FakeClock(), MemoryStates()
        self.tokens = MemoryTokens(self.states, self.clock)
        self.secret = {"token": "t1"}
        self.waited = 0

    def proof(self) -> Proof:
        return Proof("erp", Secrets("erp", lambda _: self.secret, 0.0), self.tokens, self.clock, self._wait)

    def _wait(self, _: float) -> None:
        self.waited += 1


@pytest.fixture
def office() -> Office:
    return Office()


def test_one_caller_tries_and_after_it_everybody_calls_freely(office: Office) -> None:
    first, second = office.proof(), office.proof()

    admitted = first.enter()
    meanwhile = second.enter()
    first.leave(admitted, 200)

    assert (admitted, meanwhile) == (Admission.TRYING, Admission.NOT_NOW)
    assert office.waited == 30
    assert (first.enter(), second.enter()) == (Admission.PROVEN, Admission.PROVEN)
    assert office.tokens.logins == 1


@pytest.mark.parametrize("status", [204, 304, 404, 403, 422])
def test_whatever_is_no_401_proves_that_the_credentials_are_taken(office: Office, status: int) -> None:
    proof = office.proof()

    proof.leave(proof.enter(), status)

    assert office.proof().enter() is Admission.PROVEN


def test_a_refusal_trips_the_system_and_nobody_else_tries(office: Office) -> None:
    proof = office.proof()

    proof.leave(proof.enter(), 401)

    assert office.states.state("erp").status is SystemStatus.TRIPPED
    assert office.proof().enter() is Admission.NOT_NOW


@pytest.mark.parametrize("status", [None, 429, 500, 503])
def test_an_outage_proves_nothing_and_leaves_the_next_one_free_to_try(office: Office, status: int | None) -> None:
    proof = office.proof()

    proof.leave(proof.enter(), status)

    assert office.proof().enter() is Admission.TRYING
    assert office.states.state("erp").status is SystemStatus.RUNNING


def test_a_new_secret_is_tried_anew(office: Office) -> None:
    proof = office.proof()
    proof.leave(proof.enter(), 200)
    office.secret = {"token": "t2"}

    assert proof.enter() is Admission.TRYING
    assert office.proof().enter() is Admission.NOT_NOW


def test_credentials_that_are_refused_later_must_be_proven_again(office: Office) -> None:
    proof = office.proof()
    proof.leave(proof.enter(), 200)

    proof.leave(proof.enter(), 401)

    assert office.states.state("erp").status is SystemStatus.RUNNING  # the flow that sees the trouble trips it
    assert office.proof().enter() is Admission.TRYING


def test_what_is_shared_tells_nothing_of_the_secret(office: Office) -> None:
    proof = office.proof()
    proof.leave(proof.enter(), 200)

    assert "t1" not in office.tokens.kept["erp"][0]
