"""`python -m local.stack`: ready in one line, ends by a signal, and says what is wrong before anything starts."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import requests

from local.stack.configuration import BadStart, Needed, needed_secrets, secrets_from, variable_of
from local.stack.state_file import announced

PROJECT = Path(__file__).resolve().parents[2]
SYSTEM = """
[systems.{name}]
connector = "rest"
side = "{side}"
base_url = "http://127.0.0.1:9"
secret = "{name}"
auth = "bearer"
[systems.{name}.entities.customer]
path = "/api/v1/customers"
id = "id"
can = ["list", "create"]
page = {{ by = "none" }}
[systems.{name}.entities.customer.fields]
name = "name"
email = "email"
"""
CONFIG = SYSTEM.format(name="my-crm", side="crm") + SYSTEM.format(name="erp", side="supply_chain")
SECRETS = {"TANDEM_SECRET_MY_CRM": '{"token": "a"}', "TANDEM_SECRET_ERP": '{"token": "b"}'}


def command(config: Path, more: Mapping[str, str], port: int = 0) -> "subprocess.Popen[str]":
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("TANDEM_", "COV_"))}
    return subprocess.Popen(
        [sys.executable, "-m", "local.stack", "--config", str(config), "--port", str(port)],
        cwd=PROJECT,
        env={**variables, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "integration.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


@pytest.mark.slow
@pytest.mark.whole_stack
def test_it_says_when_it_is_ready_answers_and_ends_by_a_signal(config: Path) -> None:
    with command(config, SECRETS) as process:
        assert process.stdout is not None
        line = json.loads(process.stdout.readline())
        answer = requests.get(f"{line['api']}/_local/queues", timeout=10)
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=20)

    assert line == {"ready": True, "api": line["api"], "aws": line["aws"]}
    assert answer.json()["ChangesQueue"] == {"visible": 0, "in_flight": 0, "delayed": 0}
    assert (process.returncode, rest) == (0, "")


def test_a_port_that_is_taken_is_told_with_the_remedy(config: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with command(config, SECRETS, port=taken.getsockname()[1]) as process:
            out, wrong = process.communicate(timeout=60)

    assert (process.returncode, out) == (2, "")
    assert "cannot be used" in wrong
    assert "PORT=" in wrong


@pytest.mark.slow
def test_a_mistake_in_the_file_is_told_with_its_line_before_anything_starts(config: Path) -> None:
    config.write_text(CONFIG.replace("base_url", "base_ulr", 1), encoding="utf-8")

    with command(config, SECRETS) as process:
        out, wrong = process.communicate(timeout=60)

    assert (process.returncode, out) == (2, "")
    assert f"{config}:5: unknown key `base_ulr` - did you mean base_url?" in wrong


def test_a_missing_secret_is_told_by_the_name_of_its_variable() -> None:
    with pytest.raises(BadStart, match="TANDEM_SECRET_MY_CRM is not set - system crm needs it"):
        secrets_from({}, {"my-crm": Needed("crm")})


def test_a_secret_that_is_no_json_is_told_without_showing_it() -> None:
    with pytest.raises(BadStart, match="is not JSON") as told:
        secrets_from({variable_of("erp"): "hunter2"}, {"erp": Needed("erp")})

    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize(
    ("auth", "lacking", "example"),
    [
        ("bearer", "has no token", '{"token": "…"}'),
        ("api_key", "has no api_key", '{"api_key": "…"}'),
        ("basic", "has no username and no password", '{"username": "…", "password": "…"}'),
    ],
)
def test_a_secret_without_what_auth_needs_is_told_with_what_to_write(
    config: Path, auth: str, lacking: str, example: str
) -> None:
    config.write_text(CONFIG.replace('auth = "bearer"', f'auth = "{auth}"', 1), encoding="utf-8")
    variables = {**SECRETS, "TANDEM_SECRET_MY_CRM": '{"webhook_secret": "whsec_a", "token": ""}'}

    with pytest.raises(BadStart) as told:
        secrets_from(variables, needed_secrets(config))

    assert f"TANDEM_SECRET_MY_CRM {lacking} - system my-crm needs it" in str(told.value)
    assert f"export TANDEM_SECRET_MY_CRM='{example}'" in str(told.value)


def test_a_secret_of_two_systems_must_hold_what_both_need(config: Path) -> None:
    text = CONFIG.replace('secret = "erp"\nauth = "bearer"', 'secret = "my-crm"\nauth = "basic"')
    config.write_text(text, encoding="utf-8")

    assert needed_secrets(config) == {"my-crm": Needed("my-crm", ("token", "username", "password"))}


def test_a_secret_whose_values_are_no_texts_is_refused_at_start() -> None:
    with pytest.raises(BadStart, match="object of texts"):
        secrets_from({variable_of("erp"): '{"token": 5}'}, {"erp": Needed("erp")})


def test_the_state_file_stands_as_long_as_its_stack(tmp_path: Path) -> None:
    path = tmp_path / ".tandem" / "local.json"

    with announced({"api": "a", "aws": "b", "pid": 1, "stack": "s"}, path):
        assert json.loads(path.read_text(encoding="utf-8"))["aws"] == "b"
        path.write_text("{}", encoding="utf-8")

    assert path.read_text(encoding="utf-8") == "{}"
