"""The README is true: its files are right, what it names exists, and its first steps end as it says."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import BaseModel

from local.demo.words import CANNOT_HOLD, FIELDS
from local.simple.running import SimpleSystem
from local.stack.configuration import needed_secrets, variable_of
from local.stack.stack import LocalStack
from operate.command import app, main
from shared.connectors.configuration_grammar import EntityTable, FieldTable
from shared.connectors.integration import check, load
from tests.docs.pages import PAGES, PROJECT, README, anchors, code, fenced, links, prose, rows, section

FIRST_STEPS, COMPLETE = fenced(README, "toml")
SHELL = "\n".join(fenced(README, "sh"))


@pytest.fixture
def example(tmp_path: Path) -> Path:
    path = tmp_path / "integration.toml"
    path.write_text(COMPLETE)
    return path


@pytest.mark.parametrize("text", [FIRST_STEPS, COMPLETE], ids=["first steps", "complete"])
def test_each_example_has_no_mistake(text: str, tmp_path: Path) -> None:
    path = tmp_path / "integration.toml"
    path.write_text(text)

    assert [str(problem) for problem in check(path)] == []


def test_the_complete_example_connects_two_plain_rest_systems(example: Path) -> None:
    assert {each.connector for each in load(example).connections.values()} == {"rest"}
    assert len(load(example).connections) == 2


@pytest.mark.parametrize(("model", "place"), [(EntityTable, "customer"), (FieldTable, "fields")])
def test_the_complete_example_shows_how_an_entity_is_kept_in_step(model: type[BaseModel], place: str) -> None:
    entities = tomllib.loads(COMPLETE)["entities"]
    tables = [entities["customer"], entities["order"]]
    if place == "fields":
        tables = [rule for table in tables for rule in table["fields"].values()]
    shown = {key for table in tables for key in table}

    assert shown >= set(model.model_fields) - {"owner"}


def test_its_secrets_are_those_that_the_text_exports(example: Path) -> None:
    exported = set(re.findall(r"export (TANDEM_SECRET_\w+)=", README.read_text()))

    assert {variable_of(name) for name in needed_secrets(example)} <= exported


def test_the_fields_that_the_demo_compares_are_listed() -> None:
    told = {
        code(row[0]): re.findall(r"`(\w+)`", row[1])
        for row in rows(section(README, "What the demo compares"))
        if row[0] in FIELDS
    }

    assert told == {entity: list(fields) for entity, fields in FIELDS.items()}


def test_the_fields_that_a_system_cannot_hold_are_listed_with_their_reasons() -> None:
    told = {code(row[0]): row[1] for row in rows(section(README, "What the demo compares")) if row[0] not in FIELDS}

    assert told == dict(CANNOT_HOLD)


def test_every_event_that_a_line_names_is_there_and_its_function_too() -> None:
    template = (PROJECT / "template.yaml").read_text()
    lines = re.findall(r"local invoke (\w+) .*--event (\S+)", SHELL)

    assert len(lines) >= 7
    for function, event in lines:
        assert f"\n  {function}:\n    Type: AWS::Serverless::Function" in template
        assert (PROJECT / event).exists()
        assert json.loads((PROJECT / event).with_suffix(".expected.json").read_text()) is not None
        assert Path(event).parent.name.replace("_", "") == function.lower()


def test_the_answers_that_two_lines_tell_are_those_of_the_tests() -> None:
    told = re.findall(r"--event (\S+)\s+# (\d{3})", SHELL)

    assert len(told) == 2
    for event, status in told:
        expected = json.loads((PROJECT / event).with_suffix(".expected.json").read_text())
        assert expected["statusCode"] == int(status)


def test_every_make_target_is_in_the_table_and_nothing_else() -> None:
    there = re.findall(r"^([a-z-]+):.*## ", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    told = [code(row[0]).removeprefix("make ") for row in rows(section(README, "Work on it"))]

    assert sorted(told) == sorted(there)


def test_every_verb_of_the_command_is_in_the_table_and_nothing_else() -> None:
    there = [each.name or each.callback.__name__ for each in app.registered_commands if each.callback]
    told = [code(row[0]).removeprefix("tandem ") for row in rows(section(README, "Operate it"))]

    assert sorted(told) == sorted(there)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file) if file else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_file_and_folder_that_the_text_names_is_there() -> None:
    named = re.findall(r"`((?:local|tests|shared|docs|operate|functions|\.ci)/[\w./]+)`", prose(README))

    assert named
    assert [each for each in named if not (PROJECT / each).exists()] == []


@pytest.mark.whole_stack
def test_the_first_steps_end_as_the_readme_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with SimpleSystem() as shop, SimpleSystem() as warehouse:
        path = tmp_path / "my.toml"
        path.write_text(
            FIRST_STEPS.replace("http://127.0.0.1:9101", shop.url).replace("http://127.0.0.1:9102", warehouse.url)
        )
        with shop.client() as client, LocalStack(config=path) as stack:
            for resource, body in re.findall(r"9101/api/v1/(\w+) .*-d '(.*)'", SHELL):
                client.send("POST", f"/api/v1/{resource}", json.loads(body))
            ended = main(["--target", f"local:{urlsplit(stack.aws).port}", "settle", "--json", "--timeout", "60"])

        printed = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert (ended, printed["settled"], printed["owed"]) == (0, True, 0)
        assert list(printed) == list(json.loads(fenced(README, "json")[0]))
        assert [(row["name"], row["email"]) for row in warehouse.rows("customers")] == [
            ("Ann Baker", "ann@example.com")
        ]
        assert [(row["customer_id"], row["total"]) for row in warehouse.rows("orders")] == [(1, "42.50")]
