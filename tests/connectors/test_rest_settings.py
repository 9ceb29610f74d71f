"""The description of a REST system: careful defaults, mistakes told, capabilities computed from it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from shared.connectors.rest import CAPABILITIES, RestSettings, connect
from shared.core.errors import BadSettings
from shared.core.observations import Next, Trouble
from shared.ports.capabilities import EntityCapability
from tests.kit.rest import COUNTED, CUSTOMER, a_customer, a_description, an_order
from tests.kit.rest_server import serving


def capability(entity: str = "customer", **keys: Any) -> EntityCapability:
    table = {"path": "/c", "fields": CUSTOMER, **keys}
    return CAPABILITIES.entities(a_description(entities={entity: table}))[entity]


def test_a_path_and_fields_are_enough() -> None:
    given = capability()

    assert given.can == {"list", "create"}
    assert given.carries == given.takes == {"name", "email", "phone"}
    assert (given.batch_size, given.exact, given.reference_field) == (1, False, None)
    assert {"email", "name", "name+email"} <= given.keys
    assert given.deletes == "listed"


@pytest.mark.parametrize(
    ("keys", "can"),
    [
        ({"read": "?id={}"}, {"list", "create", "read"}),
        ({"revision": {"kind": "etag"}}, {"list", "create", "read", "update"}),
        ({"revision": COUNTED}, {"list", "create", "update"}),
        ({"update": "PUT"}, {"list", "create", "update"}),
        ({"batch": {"path": "/b"}}, {"list", "create", "update"}),
        ({"archive": "DELETE"}, {"list", "create", "archive"}),
        ({"archive": "DELETE", "can": ["read"]}, {"read"}),
    ],
)
def test_what_a_system_can_do_is_what_it_says_or_speaks_of(keys: Any, can: set[str]) -> None:
    assert capability(**keys).can == can


def test_what_cannot_be_written_takes_nothing() -> None:
    assert capability(can=["list", "read"]).takes == frozenset()


def test_elements_are_shown_and_taken_with_their_presence() -> None:
    given = CAPABILITIES.entities(a_description(entities={"order": an_order()}))["order"]

    assert {"lines[]", "lines[].quantity", "status"} <= given.carries
    assert "lines[]" in given.takes


def test_a_reference_counts_only_where_it_can_be_looked_up() -> None:
    fields = {**CUSTOMER, "external_reference": "ref"}

    assert capability(fields=fields).reference_field == "ref"
    assert capability(fields=fields, find={"email": "?email={}"}).reference_field is None
    assert capability(fields=fields, find={"external_reference": "?ref={}"}).reference_field == "ref"
    assert capability(fields=fields, can=["create"]).reference_field is None


def test_with_queries_only_their_keys_can_be_asked_for() -> None:
    assert capability(find={"external_reference": "?r={}", "email": "?e={}"}).keys == {"email"}


def test_calls_per_batch_follow_from_what_answers_show() -> None:
    assert capability().calls == {"in": 2, "create": 3, "update": 2}
    assert capability(answers="id").calls == {"in": 2, "create": 4, "update": 3}


def test_a_batch_a_revision_and_stored_forms_are_passed_on() -> None:
    given = capability(
        batch={"path": "/b", "size": 50, "atomic": True},
        revision={**COUNTED, "uncovered": ["phone"]},
        fields={"email": {"path": "e", "stored": ["trim", "lower"]}, "phone": {"path": "p", "write_only": True}},
        look_up_seconds=5,
        apply_seconds=6,
        lease_seconds=90,
        deleted={"field": "archived"},
    )

    assert (given.batch_size, given.atomic, given.exact, given.deletes) == (50, True, True, "archived")
    assert given.uncovered == {"phone"}
    assert given.stored_forms == {"email": ("trim", "lower")}
    assert given.write_only == {"phone"}
    assert (given.look_up_seconds, given.apply_seconds, given.lease_seconds) == (5, 6, 90)


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ({"paths": "/c"}, "paths"),
        ({"can": ["fly"]}, "can"),
        ({"revision": {"kind": "counter"}}, "revision"),
        ({"revision": {"kind": "magic", "field": "v"}}, "revision"),
        ({"updated_since": "since"}, "updated_since"),
        ({"find": {"email": "?email="}}, "find"),
        ({"page": {"by": "guess"}}, "page"),
        ({"page": {"by": "page", "size": 0}}, "page"),
        ({"fields": {}}, "fields"),
        ({"fields": {"name": {"path": "n", "shape": 1}}}, "fields"),
        ({"id": "a..b"}, "id"),
        ({"lease_seconds": 1}, "lease_seconds"),
    ],
)
def test_a_mistake_is_told_with_its_place(keys: Any, place: str) -> None:
    with pytest.raises(ValidationError) as error:
        a_description(entities={"customer": a_customer(**keys)})

    assert place in str(error.value)


@pytest.mark.parametrize(
    "keys",
    [
        {"base_url": "example.com"},
        {"base_url": "http://u:p@example.com"},
        {"auth": "magic"},
        {"colour": 1},
        {"entities": {}},
        {"connector": "tryton"},
    ],
)
def test_a_mistake_about_the_system_is_told(keys: Any) -> None:
    with pytest.raises(ValidationError):
        RestSettings.model_validate({**a_description().model_dump(exclude_unset=True), **keys})


def test_a_mapping_that_makes_no_sense_is_told_with_its_line() -> None:
    with pytest.raises(ValidationError, match="write the place in each element"):
        a_description(entities={"order": an_order(fields={"lines[].quantity": "qty"})})


def test_the_description_of_architecture_is_taken_to_the_letter() -> None:
    order = {
        "path": "/api/v1/orders",
        "id": "id",
        "can": ["list", "read", "create", "update", "archive"],
        "revision": {"field": "updated_at", "kind": "time", "exact": False},
        "updated_since": "updated_since={}",
        "page": {"by": "cursor", "param": "after", "next": "next", "items": "data", "size": 100},
        "batch": {"path": "/api/v1/orders:batch", "size": 100, "atomic": False},
        "find": {"external_reference": "?external_ref={}", "number": "?number={}"},
        "fields": {
            "number": "number",
            "customer": "customer_id -> customer",
            "lines[].quantity": "items[].qty",
            "status": {"path": "state", "values": {"placed": "open", "cancelled": "void"}},
        },
    }

    given = a_description(side="crm", secret="crm", auth="bearer", entities={"order": order})

    assert CAPABILITIES.entities(given)["order"].batch_size == 100


@pytest.mark.parametrize(
    ("keys", "secret"),
    [({}, ""), ({"auth": "bearer"}, "crm"), ({"auth": "none"}, ""), ({"auth": "basic", "secret": "x"}, "x")],
)
def test_a_secret_without_a_name_is_called_like_the_system(keys: Any, secret: str) -> None:
    assert a_description(**keys).secret == secret


def no_secret(name: str) -> dict[str, str]:
    raise BadSettings("it does not exist", name)


@pytest.mark.parametrize(("auth", "next_"), [(None, None), ("bearer", Next.AUTH)])
def test_without_credentials_the_partner_says_whether_it_wants_any(auth: Any, next_: Next | None) -> None:
    with serving(customers=[{"name": "A"}]) as server:
        system = connect(a_description(server.url, auth=auth, secret="crm"), no_secret)
        answer = system.list("customer", None)
        system.close()

    assert (answer.next if isinstance(answer, Trouble) else None) is next_


def test_short_forms_are_taken() -> None:
    given = a_description(
        entities={"customer": a_customer(page="page", batch="/b", revision="etag", archive="DELETE", read="?id={}")}
    ).entities["customer"]

    assert (given.page.by, given.batch and given.batch.path) == ("page", "/b")
    assert given.revision is not None
    assert given.revision.kind == "etag"
    assert capability(revision="changed_at").exact is False
