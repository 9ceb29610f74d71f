"""Systems that Tandem has never met, each with manners of its own, described in the outline's grammar and nothing more.

All from outside: the process that `make up` runs, `tandem settle --json`, and the systems' own contents and counters.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.whole.unseen.outside import Outcome, Up, up
from tests.whole.unseen.partner import Manners, Mishap, Partner, open_partner

pytestmark = [pytest.mark.whole_stack, pytest.mark.slow]

ALL = frozenset({"list", "read", "create", "update", "archive"})

SIMPLEST = """
[systems.{name}]
connector = "rest"
side = "{side}"
base_url = "{url}"

[systems.{name}.entities.customer]
path = "/api/v1/customers"
id = "id"
can = ["list", "create"]
[systems.{name}.entities.customer.fields]
name = "name"
email = "email"
phone = "phone"

[systems.{name}.entities.order]
path = "/api/v1/orders"
id = "id"
can = ["list", "create"]
[systems.{name}.entities.order.fields]
customer = "customer_id -> customer"
status = "status"
total = "total"
"""

FULL = """
[systems.{name}]
connector = "rest"
side = "{side}"
base_url = "{url}"
{head}

[systems.{name}.entities.customer]
path = "/api/v1/customers"
id = "id"
can = ["list", "read", "create", "update", "archive"]
{customers}
[systems.{name}.entities.customer.fields]
external_reference = "external_ref"
number = "number"
name = "name"
email = "email"
phone = "phone"

[systems.{name}.entities.order]
path = "/api/v1/orders"
id = "id"
can = ["list", "read", "create", "update", "archive"]
{orders}
[systems.{name}.entities.order.fields]
number = "number"
customer = "customer_id -> customer"
status = {{ path = "state", values = {{ placed = "open", cancelled = "void" }} }}
total = "total"
"""


def simplest(name: str, side: str, partner: Partner) -> str:
    return SIMPLEST.format(name=name, side=side, url=partner.url)


def full(name: str, side: str, partner: Partner, head: str = "", *keys: str) -> str:
    """The description of a system that can all; in `keys`, {} is what its path calls the entity."""
    customers, orders = ("\n".join(key.replace("{}", each, 1) for key in keys) for each in ("customers", "orders"))
    return FULL.format(name=name, side=side, url=partner.url, head=head, customers=customers, orders=orders)


def done(outcome: Outcome) -> Outcome:
    """It has to be settled, in words, in numbers and by its exit code."""
    assert (outcome.code, outcome.said["settled"], outcome.said["owed"]) == (0, True, 0), outcome
    return outcome


def nothing_written(outcome: Outcome) -> None:
    assert not any(done(outcome).writes.values()), outcome


def enter_people(partner: Partner, count: int, first: int = 0) -> list[int]:
    return [
        partner.enter("customers", number=f"C{n}", name=f"N {n}", email=f"n{n}@x.org", phone=f"+1 {n}")
        for n in range(first, first + count)
    ]


# -------------------------------------------------------------------------------------------- the simplest kind


def test_creates_flow_between_systems_of_the_simplest_kind_and_never_double(tmp_path: Path) -> None:
    answers_an_id, answers_where = Manners(items="", create="id", created=200), Manners(ids="text", create="location")
    with open_partner(answers_an_id) as crm, open_partner(answers_where) as erp:
        ann = crm.enter("customers", name="Ann", email="ann@x.org", phone="+1 555")
        bob = crm.enter("customers", name="Bob", email="bob@x.org", phone=None)
        cy = erp.enter("customers", name="Cy", email="cy@x.org", phone="3")
        crm.enter("orders", customer_id=ann, status="placed", total=12.5)
        crm.enter("orders", customer_id=bob, status="placed", total="7.00")
        crm.enter("orders", customer_id=bob, status="placed", total=7)
        erp.enter("orders", customer_id=cy, status="placed", total=99.99)
        with up(tmp_path, simplest("crm", "crm", crm) + simplest("erp", "supply_chain", erp)) as stack:
            done(stack.settle())
            nothing_written(stack.settle("--reconcile"))
            for each in (crm, erp):
                assert sorted(row["name"] for row in each.all("customers")) == ["Ann", "Bob", "Cy"]
                assert sorted(float(row["total"]) for row in each.all("orders")) == [7, 7, 12.5, 99.99]
                owners = {row["id"]: row["name"] for row in each.all("customers")}
                assert {owners[row["customer_id"]] for row in each.all("orders")} == {"Ann", "Bob", "Cy"}

            crm.edit("customers", ann, phone="+1 999")

            nothing_written(stack.settle())


# ------------------------------------------------------------------------------------ systems that can everything

PAGES = 'page = { by = "page", param = "page", items = "results", size = 3 }'
CURSOR = 'page = { by = "cursor", param = "after", next = "next", items = "data", size = 4 }'
COUNTER = 'revision = { field = "version", kind = "counter" }'
ETAG = 'revision = { kind = "etag" }'
STAMP = 'revision = { field = "modified", kind = "time", exact = false }'
SINCE = 'updated_since = "since={}"'.replace("{}", "\0")  # the place of the time is no place of ours
FIND = 'find = { external_reference = "?external_ref=\0", number = "?number=\0" }'
BATCH = 'batch = { path = "/api/v1/{}:batch", size = 100, atomic = false }'
SECRETS = {"crm": {"api_key": "k"}, "erp": {"username": "u", "password": "p"}}
KINDS = {
    "a counter that is demanded, pages by address, batches; ETags that are demanded, a password, envelopes": (
        (
            Manners(can=ALL, page="cursor url", items="data", revision="counter", strict=True),
            "",
            CURSOR,
            COUNTER,
            FIND,
            BATCH,
        ),
        (
            Manners(
                can=ALL,
                ids="text",
                items="rows",
                revision="etag",
                strict=True,
                create="wrapped",
                authorization={"Authorization": "Basic dTpw"},
            ),
            'secret = "erp"\nauth = "basic"',
            ETAG,
            FIND,
        ),
    ),
    "pages by number, an API key; changes after a second, times without a zone, answers of an id, no such batch": (
        (
            Manners(can=ALL, page="page", items="results", authorization={"X-Api-Key": "k"}),
            'secret = "crm"\nauth = "api_key"',
            PAGES,
        ),
        (
            Manners(
                can=ALL,
                ids="text",
                stamp="modified",
                since="since",
                stamp_format="%Y-%m-%dT%H:%M:%S",
                inclusive=False,
                create="id",
                takes_batches=False,
            ),
            "",
            STAMP,
            SINCE,
            FIND,
            BATCH,
        ),
    ),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_two_systems_that_can_all_stay_in_step_whatever_their_manners(tmp_path: Path, kind: tuple[Any, Any]) -> None:
    (left, *of_crm), (right, *of_erp) = kind
    with open_partner(left) as crm, open_partner(right) as erp:
        description = full("crm", "crm", crm, *of_crm) + full("erp", "supply_chain", erp, *of_erp)
        with up(tmp_path, description.replace("\0", "{}"), SECRETS) as stack:
            in_step(stack, crm, erp)


def in_step(stack: Up, crm: Partner, erp: Partner) -> None:
    """One day of two systems."""
    people = enter_people(crm, 7)
    enter_people(erp, 2, first=50)
    for each in (crm, erp):
        each.enter("customers", number="B1", name="Both", email="both@x.org", phone="1")
    for n, person in enumerate(people):
        crm.enter("orders", number=f"O{n}", customer_id=person, state="open", total="12.50")
    done(stack.settle())
    assert len(crm.all("customers")) == len(erp.all("customers")) == 10
    assert len(erp.all("orders")) == 7
    nothing_written(stack.settle())

    def id_in(partner: Partner, resource: str, number: str) -> str:
        return str(partner.one(resource, number=number)["id"])

    crm.edit("customers", people[0], name="From the CRM")
    erp.edit("customers", id_in(erp, "customers", "C0"), phone="+9")
    crm.edit("customers", people[1], name="Decided by the CRM")
    erp.edit("customers", id_in(erp, "customers", "C1"), name="From the ERP")
    crm.edit("customers", people[2], phone=None)
    crm.edit("customers", id_in(crm, "customers", "C50"), email="new@x.org")
    erp.edit("orders", id_in(erp, "orders", "O0"), state="confirmed")
    crm.edit("orders", id_in(crm, "orders", "O1"), state="void")
    crm.edit("orders", id_in(crm, "orders", "O2"), total="99.90")
    done(stack.settle())
    for each in (crm, erp):
        shown = {row["number"]: row for row in each.all("customers")}
        assert (shown["C0"]["name"], shown["C0"]["phone"]) == ("From the CRM", "+9")
        assert shown["C1"]["name"] == "Decided by the CRM"
        assert (shown["C2"]["phone"], shown["C50"]["email"]) == (None, "new@x.org")
        orders = {row["number"]: row for row in each.all("orders")}
        assert [orders[f"O{n}"]["state"] for n in range(3)] == ["confirmed", "void", "open"]
        assert float(orders["O2"]["total"]) == 99.9

    crm.remove("orders", id_in(crm, "orders", "O6"))
    crm.remove("customers", people[6])
    erp.remove("orders", id_in(erp, "orders", "O5"))
    done(stack.settle("--reconcile"))
    assert [len(crm.all(name)) for name in ("customers", "orders")] == [9, 6]  # the owner's own, none of them back
    assert [len(erp.all(name)) for name in ("customers", "orders")] == [9, 5]  # what it deleted itself stays away
    nothing_written(stack.settle("--reconcile"))


# ----------------------------------------------------------------------------------------------------------- cost


def test_calls_for_many_records_are_counted_in_batches_without_a_word_about_it(tmp_path: Path) -> None:
    n, size = 200, 50
    paged = 'page = { by = "cursor", param = "after", next = "next", items = "data", size = 50 }'
    keys = (paged, STAMP, SINCE, FIND, BATCH.replace("100", "50"))
    manners = Manners(can=ALL, page="cursor", items="data", stamp="modified", since="since")
    with open_partner(manners) as crm, open_partner(manners) as erp:
        people = enter_people(crm, n)
        description = full("crm", "crm", crm, "", *keys) + full("erp", "supply_chain", erp, "", *keys)
        with up(tmp_path, description.replace("\0", "{}")) as stack:
            done(stack.settle())
            assert len(erp.all("customers")) == n
            assert erp.writes() <= 2 * n / size
            assert max(crm.calls("GET"), erp.calls("GET")) < n / 2

            for person in people:
                crm.edit("customers", person, phone="2")
            before = crm.calls(), erp.calls()
            done(stack.settle())

            assert {row["phone"] for row in erp.all("customers")} == {"2"}
            assert max(crm.calls() - before[0], erp.calls() - before[1]) < n / 2


# -------------------------------------------------------------------------------------- trouble, three, webhooks

KEY = base64.b64encode(b"0123456789abcdef01234567").decode()


def sent(url: str, event: dict[str, object], message: str, *, sign: bool = True) -> int:
    """Send a message as Standard Webhooks has it, and return the status of the answer."""
    body, at = json.dumps(event).encode(), str(int(time.time()))
    digest = hmac.new(base64.b64decode(KEY), f"{message}.{at}.".encode() + body, hashlib.sha256).digest()
    headers = {"content-type": "application/json", "webhook-id": message, "webhook-timestamp": at}
    headers |= {"webhook-signature": "v1," + base64.b64encode(digest).decode()} if sign else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_three_systems_agree_after_some_trouble_and_a_signed_message_arrives_without_a_poll(tmp_path: Path) -> None:
    rules = """
[entities.customer]
systems = ["crm", "erp", "my-wms"]
capture = { crm = "webhook", erp = "poll" }
every = { crm = "15m", erp = "15m" }
owner = "crm"
identity = [{ key = "number", unique = true }]
[entities.customer.fields.phone]
rule = "latest"
"""
    bearer = Manners(can=ALL, items="data", authorization={"Authorization": "Bearer t"})
    with (
        open_partner(bearer) as crm,
        open_partner(Manners(can=ALL, ids="text")) as erp,
        open_partner(Manners(can=ALL, items="")) as wms,
    ):
        description = full("crm", "crm", crm, 'secret = "crm"\nauth = "bearer"') + full("erp", "supply_chain", erp)
        description += full("my-wms", "supply_chain", wms) + rules
        [person] = enter_people(crm, 1)
        with up(tmp_path, description, {"crm": {"token": "t", "webhook_secret": f"whsec_{KEY}"}}) as stack:
            erp.mishaps = [Mishap("429", "GET"), Mishap("500", "GET")]
            done(stack.settle(timeout=60))
            assert not any(each.times for each in erp.mishaps)
            crm.edit("customers", person, name="Told")
            event: dict[str, object] = {"type": "customer.updated", "data": {"id": person}}

            assert sent(f"{stack.api}/webhooks/crm", event, "msg_1", sign=False) == 401
            assert sent(f"{stack.api}/webhooks/crm", event, "msg_2") == 200
            assert sent(f"{stack.api}/webhooks/crm", event, "msg_2") == 200

            assert becomes("Told", lambda: erp.one("customers", number="C0")["name"])
            wms.edit("customers", wms.one("customers", number="C0")["id"], phone="77")
            done(stack.settle())
            assert [each.one("customers", number="C0")["phone"] for each in (crm, erp, wms)] == ["77"] * 3
            nothing_written(stack.settle("--reconcile"))


def becomes(wanted: str, look: Callable[[], str]) -> bool:
    """Look until it is so, for ten seconds at most."""
    until = time.monotonic() + 10
    while look() != wanted and time.monotonic() < until:
        threading.Event().wait(0.05)
    return look() == wanted
