"""`python -m local.stack --config integration.toml --port 8080`: the stack between your own systems, until SIGTERM.

Prints one line of JSON on stdout when it is ready. Exit code 2 if it cannot start as asked, 0 after a signal.
"""

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.stack.configuration import BadStart, needed_secrets, secrets_from
from local.stack.state_file import STATE_FILE, announced, standing
from shared.core.errors import BadSettings

_BAD_INPUT = 2


def main(arguments: list[str] | None = None) -> int:
    """Starts the stack and waits for a signal; gives the exit code."""
    asked = _parser().parse_args(arguments)
    try:
        secrets = secrets_from(os.environ, needed_secrets(asked.config))
    except (BadSettings, BadStart) as wrong:
        print(wrong, file=sys.stderr)
        return _BAD_INPUT
    return _run(asked, secrets)


def _run(asked: argparse.Namespace, secrets: Mapping[str, Mapping[str, Any]]) -> int:
    from local.stack.local_invoke import ENVIRONMENT_FILE
    from local.stack.log_files import LogFiles  # moto costs a second to import: not before the input is right
    from local.stack.servers import CannotListen
    from local.stack.stack import LocalStack

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        stack = LocalStack(
            config=asked.config, secrets=secrets, port=asked.port, timers=True, containers=asked.containers
        )
        with (
            stack,
            announced(stack.state()),
            standing(ENVIRONMENT_FILE, stack.environments()),
            LogFiles(stack.functions.values(), asked.logs),
        ):
            print(f"what the functions log is in {asked.logs}", file=sys.stderr)
            print(json.dumps({"ready": True, "api": stack.api, "aws": stack.aws}), flush=True)
            ended.wait()
    except CannotListen as error:
        print(error, file=sys.stderr)
        return _BAD_INPUT
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.stack", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="the integration.toml")
    parser.add_argument("--port", type=int, default=0, help="port of the HTTP API on 127.0.0.1; 0 takes a free one")
    parser.add_argument(
        "--containers", default="", help="an address of this machine at which containers reach the AWS stand-in"
    )
    parser.add_argument("--logs", type=Path, default=STATE_FILE.parent / "logs", help="where the functions' logs go")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
