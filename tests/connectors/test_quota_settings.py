"""What a system allows: the catalog's word, and what `integration.toml` says instead."""

from __future__ import annotations

from shared.connectors.catalog import CONNECTORS
from shared.connectors.configuration_quota import read_quota
from shared.core.quota import DAY_SECONDS, UNLIMITED, Quota, Window

USUAL = Quota((Window(190, 10.0),), concurrent=25)


def test_what_is_not_said_is_as_the_catalog_says() -> None:
    assert read_quota("crm", {}, USUAL) == (USUAL, [])
    assert read_quota("crm", {}) == (UNLIMITED, [])


def test_each_key_replaces_the_catalogs() -> None:
    table = {"quota": {"windows": [{"calls": 100, "seconds": 10, "but": "/search"}]}}

    quota, findings = read_quota("crm", table, USUAL)

    assert findings == []
    assert quota == Quota((Window(100, 10.0, but="/search"),), concurrent=25)


def test_no_limit_can_be_said_as_well() -> None:
    quota, _ = read_quota("crm", {"quota": {"windows": [], "concurrent": 0}}, USUAL)

    assert not quota


def test_a_days_calls_are_one_more_window_which_begins_at_midnight() -> None:
    quota, _ = read_quota("crm", {"calls_per_day": 250_000, "quota": {"call_seconds": 30}}, USUAL)

    assert quota.windows == (*USUAL.windows, Window(250_000, float(DAY_SECONDS), fixed=True))
    assert quota.call_seconds == 30.0


def test_the_catalog_names_the_limits_that_partners_publish() -> None:
    assert CONNECTORS["hubspot"].allows.counting("")[0].calls == 190
    assert CONNECTORS["hubspot"].allows.counting("/search")[0].calls == 5
    assert CONNECTORS["salesforce"].allows.concurrent == 25
    assert [name for name in CONNECTORS if CONNECTORS[name].allows] == ["hubspot", "salesforce"]
