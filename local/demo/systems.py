"""The demo's systems: a Tryton with Northwind's supply side, a sample CRM, and the stack between them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import requests

from local.crm.client import CrmClient
from local.crm.process import PROJECT
from local.crm.running import SampleCrm
from local.demo.proxy import LosingProxy
from local.stack.names import REGION
from local.tryton.rpc import Client
from local.tryton.server import TrytonServer

RUN_FOLDER = PROJECT / ".tandem" / "demo"
TANDEM = PROJECT / ".venv" / "bin" / "tandem"
SETTLE_SECONDS = 240
_READY_SECONDS = 60


class DemoFailed(Exception):
    """Something that the demo stands on did not come up; the text says what and where to look."""


@dataclass(frozen=True, slots=True)
class Systems:
    """Everything that runs: the two systems' own clients, the proxy before the ERP, and where the stack answers."""

    crm: CrmClient
    erp: Client
    proxy: LosingProxy
    api: str
    aws: str

    def settle(self, *, reconcile: bool = False) -> dict[str, Any]:
        """Run `tandem settle` as anybody would; DemoFailed if it does not settle."""
        options = ["--reconcile"] if reconcile else []
        answer = self.tandem("settle", "--json", "--timeout", str(SETTLE_SECONDS), *options)
        if not answer.get("settled"):
            raise DemoFailed(f"the systems did not settle within {SETTLE_SECONDS} s: {answer}")
        return answer

    def tandem(self, *arguments: str) -> dict[str, Any]:
        """Run the `tandem` command on this very stack and return what it prints as JSON."""
        command = [str(TANDEM), "--target", f"local:{urlsplit(self.aws).port}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PROJECT)
        lines = done.stdout.strip().splitlines()
        if not lines:
            words = done.stderr.strip()[-2000:]
            raise DemoFailed(f"tandem {' '.join(arguments)} ended with {done.returncode}: {words}")
        answer: dict[str, Any] = json.loads(lines[-1])
        return answer

    def units(self) -> dict[str, float]:
        """Return the DynamoDB units used since the start, by AWS's size rule."""
        found = requests.get(f"{self.api}/_local/units", timeout=5).json()
        return {name: float(found[name]) for name in ("read_units", "write_units")}

    def notices(self) -> list[dict[str, str]]:
        """Return what people were told on the stack's topics, the oldest first: topic, subject and text."""
        found: list[dict[str, str]] = requests.get(f"{self.api}/_local/notices", timeout=5).json()
        return found

    def aws_client(self, service: str) -> Any:
        """Return a client of the stand-in's AWS."""
        make: Any = boto3.client
        return make(
            service,
            endpoint_url=self.aws,
            region_name=REGION,
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )

    def physical_id(self, logical_id: str) -> str:
        """Return what the deployed stack calls a resource of the template."""
        client = self.aws_client("cloudformation")
        stack = client.describe_stacks()["Stacks"][0]["StackName"]
        found = client.describe_stack_resources(StackName=stack, LogicalResourceId=logical_id)
        return str(found["StackResources"][0]["PhysicalResourceId"])


@contextmanager
def running(
    seed: Mapping[int, int], erp_seed: Any, step: Any, adapt: Callable[[str], str] = lambda text: text
) -> Iterator[Systems]:
    """Start ERP, CRM and stack; stop them all, whatever happens. `seed` is the opening stock by product id, `adapt`
    what is changed in the shipped integration.toml."""
    RUN_FOLDER.mkdir(parents=True, exist_ok=True)
    with TrytonServer(RUN_FOLDER / "erp") as server, SampleCrm() as crm, LosingProxy(server.url) as proxy:
        erp = Client(server.url, server.database, server.user, server.password)
        step("the ERP runs; filling it with products, suppliers and stock")
        erp_seed(erp, seed)
        config = _configuration(crm.url, proxy.url, adapt)
        secrets = {"crm": crm.secret(), "erp": {"username": server.user, "password": server.password}}
        step("deploying the template to the stand-in")
        with _stack(config, secrets) as ready, crm.client() as client:
            crm.tell(f"{ready['api']}/webhooks/crm")
            yield Systems(client, erp, proxy, ready["api"], ready["aws"])
            erp.close()


def _configuration(crm: str, erp: str, adapt: Callable[[str], str]) -> Path:
    """Write the shipped integration.toml with today's addresses."""
    text = (PROJECT / "integration.toml").read_text(encoding="utf-8")
    for name, address in (("crm", crm), ("erp", erp)):
        text, changed = re.subn(
            rf'(\[systems\.{name}\][^\[]*?base_url\s*=\s*)"[^"]*"', rf'\1"{address}"', text, count=1
        )
        if not changed:
            raise DemoFailed(f"integration.toml has no base_url for {name}")
    path = RUN_FOLDER / "integration.toml"
    path.write_text(adapt(text), encoding="utf-8")
    return path


@contextmanager
def _stack(config: Path, secrets: Mapping[str, Mapping[str, str]]) -> Iterator[dict[str, Any]]:
    """Run `make up`'s own command until the block ends."""
    environment = {**os.environ, **{f"TANDEM_SECRET_{k.upper()}": json.dumps(v) for k, v in secrets.items()}}
    command = [sys.executable, "-m", "local.stack", "--config", str(config), "--logs", str(RUN_FOLDER / "logs")]
    with (RUN_FOLDER / "stack.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=PROJECT, stdout=subprocess.PIPE, stderr=log)
        try:
            yield _ready(process)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()


def _ready(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None
    watchdog = threading.Timer(_READY_SECONDS, process.kill)
    watchdog.start()
    try:
        line = process.stdout.readline()
    finally:
        watchdog.cancel()
    if not line:
        words = (RUN_FOLDER / "stack.log").read_text(errors="replace")[-2000:]
        raise DemoFailed(f"the stack did not become ready: {words}")
    answer: dict[str, Any] = json.loads(line)
    return answer
