"""The verbs that repair, against the deployed template on this machine: what a system refuses, a person puts right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.simple.running import SimpleSystem
from local.stack.stack import LocalStack
from operate.command import main

CONFIG = """
[systems.shop]
connector = "rest"
side = "crm"
base_url = "SHOP"
[systems.shop.entities.customer]
path = "/api/v1/customers"
[systems.shop.entities.customer.fields]
name = "phone"
email = "email"
[systems.warehouse]
connector = "rest"
side = "supply_chain"
base_url = "WAREHOUSE"
[systems.warehouse.entities.customer]
path = "/api/v1/customers"
[systems.warehouse.entities.customer.fields]
name = "name"
email = "email"
"""

pytestmark = pytest.mark.whole_stack


@dataclass(frozen=True, slots=True)
class Running:
    """A stack between a shop that needs no name (it keeps it as phone) and a warehouse that does."""

    shop: SimpleSystem
    warehouse: SimpleSystem
    target: str
    capsys: pytest.CaptureFixture[str]

    def tandem(self, *arguments: str) -> tuple[int, Any]:
        """Run a verb with --json; return the exit code and the object that it prints last."""
        code = main(["--target", self.target, *arguments, "--json"])
        return code, json.loads(self.capsys.readouterr().out.splitlines()[-1])

    def said(self, *arguments: str) -> tuple[int, str]:
        """Run a verb as a person does; return the exit code and what it says, on one line."""
        code = main(["--target", self.target, *arguments])
        out = self.capsys.readouterr()
        return code, " ".join((out.out + out.err).split())

    def customer(self, email: str, name: str | None = None) -> None:
        """Enter a customer in the shop, and wait until Tandem is done with it."""
        with self.shop.client() as client:
            client.send("POST", "/api/v1/customers", {"name": "x", "email": email, "phone": name})
        assert self.settled() == 0

    def settled(self) -> int:
        """Settle; return the exit code."""
        return self.tandem("settle", "--timeout", "60")[0]

    def cases(self) -> list[dict[str, Any]]:
        """Return what needs a person."""
        found: list[dict[str, Any]] = self.tandem("failures")[1]["items"]
        return found

    def names(self) -> dict[object, object]:
        """Return the names in the warehouse by e-mail."""
        return {row["email"]: row["name"] for row in self.warehouse.rows("customers")}


@pytest.fixture
def running(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Running]:
    with SimpleSystem() as shop, SimpleSystem() as warehouse:
        config = tmp_path / "integration.toml"
        config.write_text(CONFIG.replace("SHOP", shop.url).replace("WAREHOUSE", warehouse.url))
        with LocalStack(config=config) as stack:
            yield Running(shop, warehouse, f"local:{urlsplit(stack.aws).port}", capsys)


def test_what_is_refused_is_seen_assigned_noted_on_tried_again_edited_and_undone(running: Running) -> None:
    running.customer("ann@example.com")

    (case,) = running.cases()
    assert (case["state"], case["system"], case["kind"]) == ("parked", "warehouse", "refused")
    assert running.tandem("status")[1]["parked"] == 1
    code, text = running.said("failures")
    assert (code, case["id"] in text, "parked customer in warehouse" in text) == (0, True, True)
    assert "owed email ann@example.com" in text

    would = running.tandem("retry", case["id"])
    assert (would[0], would[1]["ok"]) == (3, False)
    assert running.said("assign", case["id"], "bob", "--yes") == (0, "assigned to bob")
    assert running.said("note", case["id"], "asked the shop for the name", "--yes") == (0, "noted")
    assert running.tandem("retry", case["id"], "--yes")[0] == 0
    assert running.settled() == 0
    (again,) = running.cases()
    assert [remark["text"] for remark in again["remarks"]] == ["assigned to bob", "asked the shop for the name"]
    code, told = running.said("failures", case["id"])
    assert (code, "What to do: edit the value" in told, "asked the shop" in told) == (0, True, True)

    code, edited = running.tandem("edit", case["id"], "name", "Ann", "--yes")
    assert code == 0
    assert running.settled() == 0
    assert running.names() == {"ann@example.com": "Ann"}
    assert running.cases() == []
    counts = running.tandem("status")[1]
    assert (counts["parked"], counts["conflicts"]) == (0, 0)

    undo = edited["items"][0]["undo"]
    (chosen,) = [each for each in running.tandem("conflicts", "--decided")[1]["items"] if each["id"] == undo]
    assert (chosen["verdict"], chosen["ours"], chosen["theirs"]) == ("chosen", "Ann", None)
    assert running.said("conflicts", undo)[0] == 0
    assert running.tandem("undo", undo, "--yes")[0] == 0
    assert running.tandem("choose", undo, "--yes")[0] == 0
    assert running.tandem("explain", "customer", "ann@example.com", "name")[1]["items"][0]["value"] == "Ann"


def test_a_group_is_tried_again_and_a_version_is_skipped(running: Running) -> None:
    for number in range(2):
        running.customer(f"{number}@example.com")
    code, groups = running.tandem("failures", "--groups")
    (group,) = groups["items"]
    assert (code, group["count"]) == (0, 2)
    code, text = running.said("failures", "--groups")
    assert (code, group["group"] in text, "cases 2" in text) == (0, True, True)
    assert "do what its case says: tandem failures" in running.said("conflicts")[1]

    code, retried = running.tandem("retry", "--group", group["group"], "--yes")
    assert (code, retried["retried"]) == (0, 2)
    assert running.settled() == 0
    assert running.said("retry", "--group", group["group"], "--yes") == (0, "2 are tried again")
    assert running.settled() == 0
    first, second = running.cases()
    assert running.tandem("skip", first["id"], "--yes")[0] == 0
    assert running.said("skip", second["id"], "--yes")[1].endswith("is spared warehouse until it changes")
    assert running.settled() == 0

    assert (running.cases(), running.names()) == ([], {})
    assert running.tandem("conflicts")[1]["items"] == []
    code, refused = running.tandem("skip", first["id"], "--yes")
    assert (code, refused["remedy"]) == (1, "`tandem failures` lists what is")


def test_records_are_linked_and_parted(running: Running) -> None:
    running.customer("ann@example.com")
    (case,) = running.cases()
    with running.warehouse.client() as client:
        there = client.send("POST", "/api/v1/customers", {"name": "Ann", "email": "other@example.com"})["id"]

    assert running.tandem("link", case["id"], "warehouse", str(there), "--yes")[0] == 0
    assert running.settled() == 0
    assert running.cases() == []
    code, parted = running.tandem("unlink", case["record"], "warehouse", "--yes")
    assert running.settled() == 0

    assert code == 0
    assert parted["items"][0]["record"] != case["record"]
    code, refused = running.tandem("link", case["record"], "warehouse", str(there), "--yes")
    assert (code, refused["remedy"]) == (1, "unlink it there first")
    assert running.tandem("choose", f"{case['record']}:warehouse", "new", "--yes")[0] == 1


def test_a_verb_that_says_too_little_or_too_much_is_refused_before_anything_is_asked(running: Running) -> None:
    assert running.tandem("retry", "--yes")[0] == 2
    assert running.tandem("edit", "x", "name", "--yes")[0] == 2
    assert running.tandem("edit", "x", "name", "Ann", "--empty", "--yes")[0] == 2
    assert running.tandem("failures", "--state", "lost")[0] == 2
    assert running.tandem("failures", "crm:customer:1")[0] == 1
    code, told = running.said("edit", "ann@example.com", "name", "Ann", "--yes")
    assert (code, "tandem explain ENTITY KEY" in told) == (1, True)
    assert "tandem failures --groups" in running.said("retry", "--group", "lost", "--yes")[1]
