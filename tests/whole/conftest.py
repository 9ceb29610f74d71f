"""Two sample CRMs that all tests share, emptied before each test, and the template between them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.crm.client import CrmClient
from local.crm.running import SampleCrm
from tests.whole.describing import sample_crm, written
from tests.whole.running import Whole, running


@pytest.fixture(scope="session")
def crm_server() -> Iterator[SampleCrm]:
    """A sample CRM."""
    with SampleCrm() as server:
        yield server


@pytest.fixture(scope="session")
def erp_server() -> Iterator[SampleCrm]:
    """Another one, which plays the supply chain: the quick stand-in for an ERP."""
    with SampleCrm() as server:
        yield server


@pytest.fixture
def crm(crm_server: SampleCrm) -> Iterator[CrmClient]:
    """An empty CRM, used by its people."""
    with crm_server.client() as client:
        client.reset(forget="all")
        yield client


@pytest.fixture
def erp(erp_server: SampleCrm) -> Iterator[CrmClient]:
    """An empty supply chain, used by its people."""
    with erp_server.client() as client:
        client.reset(forget="all")
        yield client


@pytest.fixture
def whole(
    crm_server: SampleCrm, erp_server: SampleCrm, crm: CrmClient, erp: CrmClient, tmp_path: Path
) -> Iterator[Whole]:
    """The template, deployed between both."""
    del crm, erp
    config = written(
        tmp_path,
        sample_crm("crm", "crm", crm_server.url),
        sample_crm("erp", "supply_chain", erp_server.url),
    )
    with running(config, {"crm": crm_server.secret(), "erp": erp_server.secret()}) as whole:
        yield whole
