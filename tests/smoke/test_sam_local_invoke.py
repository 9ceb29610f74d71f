"""The README's `sam local invoke` lines reach the running stack: all but the container itself is proven here.

SAM runs each line up to where it would start a container, and says what it would run there; the emulator then runs
exactly that. An address of this machine other than the command's stands for that of Docker's bridge.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.stack.stack import LocalStack
from operate.command import main as tandem
from tests.smoke import emulator
from tests.smoke.conftest import BUILD
from tests.smoke.emulator import PROJECT, Package

SAM = PROJECT / ".venvs" / "sam" / "bin" / "python"
WITHOUT_CONTAINER = Path(__file__).with_name("without_container.py")
LINES = re.findall(
    r"^\.venvs/sam/bin/sam (local invoke \w+ +--config-env local .*)$", (PROJECT / "README.md").read_text(), re.M
)

Invoke = Callable[[str], Any]


@pytest.fixture(scope="module")
def checkout(stand_in: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's folder as SAM sees it after `make build` and while `make up` runs."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in (".aws-sam", ".tandem"):
        (folder / name).mkdir()
    shutil.copy(PROJECT / "samconfig.toml", folder)
    (folder / "tests").symlink_to(PROJECT / "tests")
    (folder / ".aws-sam" / "build").symlink_to(BUILD)
    (folder / ".tandem" / "sam.json").write_text(json.dumps(stand_in.environments()), encoding="utf-8")
    return folder


@pytest.fixture
def sam(checkout: Path) -> Invoke:
    """Runs one line of `sam`, and gives what it would run in a container."""
    shell = {"PATH": os.defpath, "HOME": str(checkout), "SAM_CLI_TELEMETRY": "0", "AWS_REGION": "us-west-2"}
    shell |= {"AWS_ACCESS_KEY_ID": "of-the-caller", "AWS_SECRET_ACCESS_KEY": "of-the-caller", "AWS_SESSION_TOKEN": "x"}

    def run(line: str) -> Any:
        command = [str(SAM), str(WITHOUT_CONTAINER), *shlex.split(line)]
        ended = subprocess.run(command, cwd=checkout, env=shell, capture_output=True, text=True, timeout=60)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout.splitlines()[-1])

    return run


@pytest.fixture
def answer(tmp_path: Path) -> Callable[[Any], Any]:
    """Runs what SAM would run in a container, and gives the function's answer."""

    def run(told: Any) -> Any:
        runtime = emulator.collect_runtime(tmp_path / "runtime") if not (tmp_path / "runtime").exists() else None
        package = Package(Path(told["code"]), Path(told["layers"][0]), runtime or tmp_path / "runtime", told["handler"])
        with emulator.running(package, told["variables"], tmp_path / "function.log") as function:
            return function.invoke(told["event"])

    return run


def test_every_function_has_such_a_line(stand_in: LocalStack) -> None:
    assert {line.split()[2] for line in LINES} == set(stand_in.environments())


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.split()[2])
def test_a_container_would_be_told_of_the_running_stack_and_of_nothing_of_the_caller(
    line: str, sam: Invoke, answer: Callable[[Any], Any], stand_in: LocalStack
) -> None:
    told = sam(line)

    deployed = stand_in.function(told["function"]).variables
    same = {name for name in deployed if name.startswith(("TANDEM_", "POWERTOOLS_"))} - {"TANDEM_INTEGRATION"}
    assert {name: told["variables"][name] for name in same} == {name: deployed[name] for name in same}
    assert told["variables"]["AWS_ENDPOINT_URL"] == stand_in.aws_for_containers != stand_in.aws
    assert "of-the-caller" not in told["variables"].values()
    reply = answer(told)
    assert "errorMessage" not in (reply or {}), reply


def test_what_a_built_function_queues_is_what_the_command_counts(
    sam: Invoke, answer: Callable[[Any], Any], stand_in: LocalStack, capsys: pytest.CaptureFixture[str]
) -> None:
    def queued() -> int:
        capsys.readouterr()
        assert tandem(["--target", f"local:{urlsplit(stand_in.aws).port}", "status", "--json"]) == 0
        return int(json.loads(capsys.readouterr().out.splitlines()[-1])["queued"]["PollsQueue"])

    before = queued()
    answer(sam(next(line for line in LINES if "PollChanges" in line)))

    assert queued() > before
