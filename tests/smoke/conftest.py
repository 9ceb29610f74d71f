"""One stand-in and one build for all smoke tests; each function runs once, for all its events."""

import base64
import copy
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from local.stack.configuration import needed_secrets
from local.stack.stack import LocalStack
from local.stack.template import Template, read_template
from tests.smoke import emulator
from tests.smoke.emulator import PROJECT, Function, Package

BUILD = PROJECT / "build" / "smoke"
BRIDGE = "127.0.0.2"
"""An address of this machine that is not the command's, as that of Docker's bridge."""
SECRET = {
    "token": "smoke",
    "api_key": "smoke",
    "username": "smoke",
    "password": "smoke",
    "webhook_secret": "whsec_" + base64.b64encode(b"smoke" * 8).decode(),
}


@pytest.fixture(scope="session")
def built() -> Template:
    """The template that the build wrote; its paths lead from `BUILD` to what it made."""
    if reason := emulator.why_not_here():
        pytest.skip(reason)
    if not (BUILD / "template.yaml").exists():
        pytest.fail("nothing is built in build/smoke: run `make smoke`, which builds first")
    return read_template(BUILD / "template.yaml")


@pytest.fixture(scope="session")
def stand_in(built: Template) -> Iterator[LocalStack]:
    """The deployed template, answering for AWS at two loopback addresses; it runs no function by itself."""
    secrets = dict.fromkeys(needed_secrets(PROJECT / "integration.toml"), SECRET)
    with LocalStack(_without_sources(built), secrets=secrets, containers=BRIDGE) as stack:
        yield stack


@pytest.fixture(scope="session")
def function(
    built: Template, stand_in: LocalStack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Function]]:
    """Gives the running function of a logical id, started on first use."""
    runtime = emulator.collect_runtime(tmp_path_factory.mktemp("runtime"))
    logs = tmp_path_factory.mktemp("logs")
    started: dict[str, Function] = {}
    with ExitStack() as running:

        def start(name: str) -> Function:
            if name not in started:
                package, environment = _package(built, name, runtime), _environment(stand_in, name)
                log = logs / f"{name}.log"
                started[name] = running.enter_context(emulator.running(package, environment, log))
            return started[name]

        yield start


def _without_sources(built: Template) -> Template:
    """The same with its queue and stream mappings switched off: the events are sent from here."""
    still = copy.deepcopy(built)
    for resource in still["Resources"].values():
        for event in resource.get("Properties", {}).get("Events", {}).values():
            if event["Type"] in ("SQS", "DynamoDB"):
                event["Properties"]["Enabled"] = False
    return still


def _package(built: Template, name: str, runtime: Path) -> Package:
    properties = built["Resources"][name]["Properties"]
    layer = built["Resources"]["DependenciesLayer"]["Properties"]["ContentUri"]
    return Package(BUILD / properties["CodeUri"], BUILD / layer, runtime, properties["Handler"])


def _environment(stand_in: LocalStack, name: str) -> dict[str, str]:
    """What the deployed function sees, with the stand-in as its AWS, which knows no endpoints per account."""
    function = stand_in.function(name)
    return {
        **function.variables,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(int(function.timeout_seconds)),
        "AWS_ENDPOINT_URL": stand_in.aws,
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
    }
