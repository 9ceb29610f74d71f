"""Runs one built function as Lambda would: the runtime's client under the runtime interface emulator, no container.

The emulator is a program that the SAM CLI's wheel carries. It answers HTTP 200 whatever happens, runs one call at a
time (one emulator a function, therefore), and enforces the timeout but not the memory.
"""

import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import awslambdaric
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

PROJECT = Path(__file__).resolve().parents[2]
_INVOCATIONS = "/2015-03-31/functions/function/invocations"
_START_SECONDS, _CALL_SECONDS = 20, 60
# What the managed runtime has beside Python itself. Everything else must be in the package.
_RUNTIME_PARTS = ("awslambdaric", "runtime_client*", "simplejson", "snapshot_restore_py.py")


class Function:
    """A running function; `invoke` gives its answer, or what it ended with as {"errorMessage", "errorType", …}."""

    def __init__(self, address: str) -> None:
        """`address` is the emulator's host:port. It may still be starting: connecting is tried for about 20 s."""
        self._url = f"http://{address}{_INVOCATIONS}"
        self._session = requests.Session()
        self._session.trust_env = False
        patience = Retry(connect=60, read=0, other=0, backoff_factor=0.02, backoff_max=0.5)
        self._session.mount("http://", HTTPAdapter(max_retries=patience))

    def invoke(self, event: object) -> Any:
        """The function's answer, parsed; the text itself where it is no JSON (the emulator's word on a timeout)."""
        answer = self._session.post(self._url, json=event, timeout=(_START_SECONDS, _CALL_SECONDS))
        try:
            return answer.json()
        except requests.exceptions.JSONDecodeError:
            return answer.text

    def close(self) -> None:
        """Gives the connection back."""
        self._session.close()


@dataclass(frozen=True, slots=True)
class Package:
    """A function as built: its own folder, the layer's, and the client of the managed runtime (`collect_runtime`)."""

    code: Path
    layer: Path
    runtime: Path
    handler: str


@contextmanager
def running(package: Package, environment: Mapping[str, str], log: Path) -> Iterator[Function]:
    """The function, ready to be invoked, seeing only `environment`; its lines go to `log`. It ends with the block."""
    address, api = (f"127.0.0.1:{port}" for port in _free_ports(2))
    # -S: without this interpreter's own packages, so that one missing from the layer is missing here too.
    client = [sys.executable, "-S", "-m", "awslambdaric", package.handler]
    flags = ["--runtime-interface-emulator-address", address, "--runtime-api-address", api]
    command = [str(_emulator()), *flags, *client]
    environment = {**environment, **_as_in_lambda(package)}
    with log.open("wb") as lines:
        process = subprocess.Popen(command, cwd=package.code, env=environment, stdout=lines, stderr=subprocess.STDOUT)
    function = Function(address)
    try:
        yield function
    finally:
        function.close()
        process.terminate()  # the emulator then ends the function
        process.wait(timeout=_START_SECONDS)


def collect_runtime(folder: Path) -> Path:
    """Copies into `folder` what the managed runtime brings along, and gives it back."""
    installed = Path(awslambdaric.__file__).parents[1]
    for pattern in _RUNTIME_PARTS:
        for part in installed.glob(pattern):
            (shutil.copytree if part.is_dir() else shutil.copy2)(part, folder / part.name)
    return folder


def why_not_here() -> str:
    """Why no built function can run on this machine; empty where it can."""
    if platform.system() != "Linux":
        return "the runtime interface emulator in the SAM CLI's wheel is a Linux program"
    return (
        ""
        if _emulator().exists()
        else f"no {_emulator().name} in .venvs/sam: run `make smoke`, which installs the SAM CLI"
    )


def _emulator() -> Path:
    machine = {"aarch64": "arm64", "amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    found = sorted(
        (PROJECT / ".venvs" / "sam").glob(f"lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-{machine}")
    )
    return found[-1] if found else Path(f"aws-lambda-rie-{machine}")


def _as_in_lambda(package: Package) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(map(str, (package.code, package.layer / "python", package.runtime))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": str(package.code),
        "_HANDLER": package.handler,
    }


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
