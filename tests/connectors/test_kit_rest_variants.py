"""The connector kit on `rest` in other manners: offsets and PUT, links and merge patches, OAuth and JSON patches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shared.connectors.http_secrets import ReadSecret
from shared.connectors.rest import CAPABILITIES, RestSettings, connect
from shared.connectors.rest.system import RestSystem
from tests.connectors.fakes.base import HIDES_PHONES, KEEPS_EMPTY, LYING_PAGE, REPEATS_CURSOR
from tests.connectors.fakes.rest import PAGE, PATH
from tests.connectors.fakes.rest_variants import CLIENT, HOUSE, LinkFake, OAuthFake, OffsetFake
from tests.connectors.rest_bench import REST
from tests.kit.clock import FakeClock
from tests.kit.connector_kit import ConnectorKit
from tests.kit.kit_bench import CUSTOMER, Bench
from tests.kit.one_token import OneToken

_FIND = {"external_reference": {"one": "?external_ref={}", "many": "?external_ref={}"}}
_EACH = {
    "path": PATH,
    "can": ["list", "read", "create", "update", "archive"],
    "fields": {"name": "name", "phone": "phone", "external_reference": "external_ref"},
    "revision": {"field": "version", "kind": "counter"},
    "modified": "updated_at",
    "updated_since": "updated_since={}",
    "find": _FIND,
}


def settings(url: str, customer: dict[str, Any], **keys: Any) -> RestSettings:
    """Return the description of a system with customers."""
    entities = {CUSTOMER: {**_EACH, **customer}}
    given = {"name": "crm", "base_url": url, "auth": "bearer", "secret": "crm", "entities": entities, **keys}
    return RestSettings.model_validate(given)


def by_offset(url: str) -> RestSettings:
    """Return the description of the system with offsets and PUT."""
    page = {"by": "offset", "size": PAGE, "items": "customers", "total": "meta.total"}
    return settings(url, {"page": page, "update": "PUT"})


def by_link(url: str) -> RestSettings:
    """Return the description of the system with links, merge patches and a header of its own."""
    own = {"page": {"by": "cursor", "size": PAGE}, "patch": "merge", "headers": {"x-house": HOUSE}, "omits_null": True}
    return settings(url, own, headers={"X-House": "south", "Accept-Language": "en"})


def by_oauth(url: str) -> RestSettings:
    """Return the description of the system with OAuth and JSON patches."""
    page = {"by": "cursor", "size": PAGE}
    return settings(url, {"page": page, "patch": "json"}, auth="client_credentials", oauth={"scope": "customers"})


def a_bench(name: str, describe: Any, fake: Any, tricks: frozenset[str] = frozenset(), **keys: Any) -> Bench:
    """Return the bench of a variant; no batches, so nothing is answered out of order."""

    def connected(url: str, read_secret: ReadSecret) -> RestSystem:
        return connect(describe(url), read_secret, None, OneToken(), FakeClock())

    capability = CAPABILITIES.entities(describe("http://127.0.0.1:1"))[CUSTOMER]
    return replace(REST, name=name, make_fake=fake, connect=connected, capability=capability, tricks=tricks, **keys)


class TestRestByOffset(ConnectorKit):
    """Offsets and whole records pass the kit."""

    bench = a_bench("rest by offset", by_offset, OffsetFake, frozenset({HIDES_PHONES, KEEPS_EMPTY}))


class TestRestByLink(ConnectorKit):
    """Links, merge patches and headers of an entity pass the kit."""

    bench = a_bench("rest by link", by_link, LinkFake, frozenset({LYING_PAGE, REPEATS_CURSOR}))


class TestRestByOAuth(ConnectorKit):
    """Client credentials and JSON patches pass the kit."""

    bench = a_bench("rest by OAuth", by_oauth, OAuthFake, frozenset({LYING_PAGE, HIDES_PHONES}), secret=CLIENT)
