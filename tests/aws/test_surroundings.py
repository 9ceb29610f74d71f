"""Settings, secrets, systems, telemetry, traces and time: what stands around a flow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws
from pydantic import BaseModel

from shared.aws.clients import Clients
from shared.aws.invocation import UNLIMITED, lasting, seconds_left
from shared.aws.secrets import Secrets
from shared.aws.settings import NEEDS, Settings, read_settings
from shared.aws.system_clock import SystemClock
from shared.aws.systems import ConnectedSystems, Offered
from shared.aws.telemetry import PowertoolsTelemetry
from shared.aws.trace import MOST, current_trace, joined, new_trace, traced
from shared.connectors.integration import Connection, load
from shared.core.errors import BadSettings
from tests.functions.conftest import INTEGRATION
from tests.kit.clock import FakeClock
from tests.kit.memory import MemoryStates
from tests.kit.session import fresh_clients
from tests.kit.tables import TEMPLATE
from tests.kit.tokens import MemoryTokens

# ── settings ──


def test_all_missing_variables_are_named_at_once() -> None:
    with pytest.raises(BadSettings) as raised:
        read_settings("fan_out", {"TANDEM_INTEGRATION": "integration.toml", "TANDEM_STATE_TABLE": ""})

    text = str(raised.value)
    assert "TANDEM_LEDGER_TABLE" in text
    assert "TANDEM_STATE_TABLE" in text
    assert "fan_out" in text


def test_a_function_is_told_nothing_that_it_does_not_need() -> None:
    everything = {name: "x" for needs in NEEDS.values() for name in needs}

    settings = read_settings("fan_out", everything)

    assert settings.ledger_table == "x"
    assert settings.secret_prefix == ""
    assert settings == read_settings("fan_out", everything)


@pytest.mark.parametrize("function", NEEDS)
def test_the_template_gives_each_function_exactly_the_variables_that_it_needs(function: str) -> None:
    template = TEMPLATE.read_text()
    logical_id = "".join(word.capitalize() for word in function.split("_"))
    resource = template.split(f"\n  {logical_id}:\n")[1].split("\n\n")[0]
    everywhere = template.split("\nGlobals:\n")[1].split("\nResources:\n")[0]
    given = {line.split(":")[0].strip() for line in (everywhere + resource).splitlines() if _is_variable(line)}

    assert given == set(NEEDS[function])


def _is_variable(line: str) -> bool:
    return line.strip().startswith(("TANDEM_", "POWERTOOLS_"))


# ── secrets ──


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    """Clients of a fresh moto."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield fresh_clients()


def test_a_secret_is_read_as_it_is_now_and_the_reads_are_counted(clients: Clients) -> None:
    secrets = Secrets(clients, "tandem")
    clients.secrets.create_secret(Name="tandem/crm", SecretString='{"token": "a"}')

    assert secrets.read("crm") == {"token": "a"}
    clients.secrets.put_secret_value(SecretId="tandem/crm", SecretString='{"token": "b"}')
    assert secrets.read("crm") == {"token": "b"}
    assert secrets.reads == 2


def test_a_missing_secret_is_bad_settings_that_name_its_place(clients: Clients) -> None:
    with pytest.raises(BadSettings, match="secret tandem/crm: it does not exist"):
        Secrets(clients, "tandem").read("crm")


@pytest.mark.parametrize("text", ["token", "[]", '{"token": 1}', '{"token": "very secret"'])
def test_a_secret_that_is_no_object_of_texts_is_bad_settings_and_is_not_shown(clients: Clients, text: str) -> None:
    clients.secrets.create_secret(Name="tandem/crm", SecretString=text)

    with pytest.raises(BadSettings, match="no JSON object of texts") as raised:
        Secrets(clients, "tandem").read("crm")

    assert "very secret" not in str(raised.value)


# ── systems ──


class NoSettings(BaseModel):
    """Settings of a system that nobody connects."""


@pytest.fixture
def systems() -> ConnectedSystems:
    """The systems of the test installation."""
    clock = FakeClock()
    tokens = MemoryTokens(MemoryStates(), clock)
    offered = Offered(lambda _: {"token": "t", "webhook_secret": "s"}, tokens, clock, seconds_left)
    return ConnectedSystems(load(INTEGRATION).connections, offered)


def test_a_connector_is_made_once_and_only_when_it_is_asked_for(systems: ConnectedSystems) -> None:
    assert systems.system("crm") is systems.system("crm")
    assert systems.system("crm").name == "crm"
    assert systems.webhooks("crm") is systems.webhooks("crm")


def test_a_connector_without_webhooks_has_none() -> None:
    clock = FakeClock()
    offered = Offered(lambda _: {}, MemoryTokens(MemoryStates(), clock), clock, seconds_left)
    connections = {"old": Connection("catalog", NoSettings(), "")}

    assert ConnectedSystems(connections, offered).webhooks("old") is None


def test_a_system_that_is_not_there_is_bad_settings(systems: ConnectedSystems) -> None:
    with pytest.raises(BadSettings, match="there is no system shop"):
        systems.system("shop")


def test_calls_are_added_to_the_shared_counts_once(systems: ConnectedSystems) -> None:
    states = MemoryStates()
    calls: dict[str, int] = systems.system("crm").calls  # type: ignore[attr-defined]  # counted by every connector
    systems.system("erp")

    calls["read"] = 3
    systems.note_calls(states)
    systems.note_calls(states)
    calls["write"] = 2
    systems.note_calls(states)

    assert states.calls() == {"crm": {"read": 3, "write": 2}}


# ── telemetry ──


def telemetry(function: str = "fan_out") -> PowertoolsTelemetry:
    return PowertoolsTelemetry(
        Settings(
            function,
            powertools_service_name="tandem",
            powertools_metrics_namespace="Tandem",
            powertools_log_level="INFO",
        )
    )


def lines_of(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return what was told; the line that ends every invocation is looked at by a test of its own."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if line.get("message") != "done"]


def test_every_invocation_ends_with_a_line_by_which_its_trace_can_be_followed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with telemetry("absorb_changes").invocation("t1,t2"):
        pass

    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (line["message"], line["trace"], line["function"]) == ("done", "t1,t2", "absorb_changes")
    assert line["milliseconds"] >= 0


def test_every_line_carries_trace_and_function(capsys: pytest.CaptureFixture[str]) -> None:
    told = telemetry("absorb_changes")
    with told.invocation("t1"):
        told.tell("absorbed", system="crm", name="a fact whose name the logger needs itself")

    (line,) = lines_of(capsys)
    assert (line["message"], line["trace"], line["function"]) == ("absorbed", "t1", "absorb_changes")
    assert line["system"] == "crm"
    assert line["name_"].startswith("a fact")


def test_metrics_of_an_invocation_are_written_together_at_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    told = telemetry()
    with told.invocation("t1"):
        told.count("ChangesAbsorbed", 2)
        told.count("ChangesAbsorbed", 3)
        told.count("SyncDelaySeconds", 1.5)
        assert capsys.readouterr().out == ""

    (line,) = lines_of(capsys)
    assert line["ChangesAbsorbed"] == [2.0, 3.0]
    assert line["SyncDelaySeconds"] == [1.5]


def test_metrics_are_written_also_when_the_invocation_fails(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError):
        _fail_after_counting(telemetry())

    (line,) = lines_of(capsys)
    assert line["LedgerGaps"] == [1.0]


def _fail_after_counting(told: PowertoolsTelemetry) -> None:
    with told.invocation("t1"):
        told.count("LedgerGaps")
        raise ZeroDivisionError


def test_an_invocation_without_metrics_writes_none(capsys: pytest.CaptureFixture[str]) -> None:
    with telemetry().invocation("t1"):
        pass

    assert lines_of(capsys) == []


def test_outside_an_invocation_a_metric_is_written_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry().count("SystemTripped")

    (line,) = lines_of(capsys)
    assert line["SystemTripped"] == [1.0]


def test_a_failure_is_an_error_line_with_kind_and_place_but_without_a_text_that_may_be_personal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    try:
        raise ValueError("cannot read 'Ada Lovelace'")
    except ValueError as error:
        telemetry().fail("batch failed", error, messages=3)

    (line,) = lines_of(capsys)
    assert (line["level"], line["error"], line["messages"]) == ("ERROR", "ValueError", 3)
    assert "test_surroundings.py" in line["place"]
    assert "Ada" not in json.dumps(line)


# ── traces and time ──


def test_the_trace_of_a_batch_names_each_once_and_not_too_many() -> None:
    assert joined(["a", "b,a", "", "c"]) == "a,b,c"
    assert len(joined(str(number) for number in range(50)).split(",")) == MOST


def test_a_batch_without_a_trace_gets_one() -> None:
    assert len(joined([])) == 16
    assert new_trace() != new_trace()


def test_a_trace_ends_with_its_block() -> None:
    with traced("a"):
        with traced("b"):
            assert current_trace() == "b"
        assert current_trace() == "a"
    assert current_trace() == ""


class Left:
    """An invocation with so much time left."""

    def __init__(self, milliseconds: int) -> None:
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


def test_calls_may_take_what_the_invocation_has_left_less_a_margin() -> None:
    assert seconds_left() == UNLIMITED
    with lasting(Left(10_000)):
        assert 5.0 < seconds_left() <= 7.0
    with lasting(Left(1_000)):
        assert seconds_left() == 0.0
    assert seconds_left() == UNLIMITED


def test_the_system_clock_tells_aware_time_and_fresh_ids() -> None:
    clock = SystemClock()

    assert clock.now().utcoffset() is not None
    assert clock.new_id() != clock.new_id()
    assert 0 <= clock.jitter() < 1
