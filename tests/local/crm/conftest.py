"""One sample CRM for all tests of this folder, emptied before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.crm.client import CrmClient
from local.crm.running import SampleCrm
from tests.local.crm.receiver import Receiver


@pytest.fixture(scope="session")
def server() -> Iterator[SampleCrm]:
    """A running CRM that tries a webhook three times, at once."""
    with SampleCrm(webhook_retries="0,0") as running:
        yield running


@pytest.fixture
def crm(server: SampleCrm) -> Iterator[CrmClient]:
    """A client of an empty CRM without faults or webhooks."""
    with server.client() as client:
        client.reset("all")
        yield client


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Someone who listens for webhooks."""
    with Receiver() as listening:
        yield listening
