"""A running Tryton: a copy of the cached database in a folder of this run's, served on a free loopback port."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from local.tryton import paths
from local.tryton.build import build, write_configuration

READY_SECONDS = 60
STOP_SECONDS = 10


class TrytonServer:
    """Start on entering, ended on leaving; `url`, `database`, `user`, `password` are what a client needs.

    It ends with the process that started it, even if that is killed.

    The folder is this run's own and is emptied at the start. Raises `BuildFailedError` if the database cannot be built
    and `RuntimeError`, with the end of the server's log, if it is not ready within READY_SECONDS.
    """

    database = paths.DATABASE
    user = paths.USER

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address without the database's name."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def password(self) -> str:
        """The administrator's password, made with the database."""
        return (self._folder / "password").read_text(encoding="utf-8")

    @property
    def pid(self) -> int:
        """The server's process, 0 when it does not run."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Copy the database, start the server, return when it answers."""
        shutil.rmtree(self._folder, ignore_errors=True)
        shutil.copytree(build(), self._folder)
        self._serve()

    def stop(self) -> None:
        """End the whole process; without effect when it does not run."""
        if self._process is None:
            return
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _serve(self) -> None:
        configuration = write_configuration(self._folder)
        environment = {**os.environ, "TRYTOND_CONFIG": str(configuration), "TRYTOND_DATABASE_NAMES": self.database}
        self._port = _free_port()
        command = [
            paths.program("python"),
            "-P",
            str(paths.SERVE),
            f"--listen=127.0.0.1:{self._port}",
            "--threads=4",
            "trytond.application:app",
        ]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_ready(self._process)
        except BaseException:
            self.stop()
            raise

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and process.poll() is None:
            if self._answers():
                return
            time.sleep(0.05)
        log = (self._folder / "log").read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(f"Tryton did not become ready; the end of its log:\n{log[-2000:]}")

    def _answers(self) -> bool:
        try:
            asked = {"id": 0, "method": "common.server.version", "params": []}
            return requests.post(f"{self.url}/", json=asked, timeout=5).status_code == 200
        except requests.ConnectionError:
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
