"""Builds the business database once and keeps it in `.cache/tryton/<hash of what it is made from>/`.

A changed set-up script or another Tryton version makes a new folder; an unfinished build leaves nothing that looks
finished.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from local.tryton import paths

MODULES = (
    "party",
    "product",
    "stock",
    "stock_supply",
    "stock_shipment_measurements",
    "stock_shipment_cost",
    "sale",
    "sale_discount",
    "sale_shipment_cost",
    "purchase",
)
SET_UP_STEPS = 8
STEPS = 2 + SET_UP_STEPS
LONGEST_SECONDS = 300

Report = Callable[[str], None]


class BuildFailedError(Exception):
    """Tryton could not be built; the text says which step failed and what the program printed."""


def build(report: Report = lambda _step: None) -> Path:
    """The folder with `erp.sqlite` and `password`, built if it is not there; `report` hears of each finished step."""
    finished = paths.cached_database()
    if finished.exists():
        return finished
    if not paths.is_installed():
        raise BuildFailedError(f"Tryton is not installed in {paths.ENVIRONMENT.name}: run `make setup` first")
    paths.CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=paths.CACHE, prefix="building-") as folder:
        _build_in(Path(folder), report)
        _keep(Path(folder), finished)
    return finished


def build_with_bar() -> Path:
    """The same, with a progress bar on a terminal (on standard error)."""
    with _bar() as report:
        return build(report)


def write_configuration(folder: Path) -> Path:
    """`trytond.conf` for a database in this folder."""
    configuration = folder / "trytond.conf"
    configuration.write_text(f"[database]\nuri = sqlite://\npath = {folder}\n", encoding="utf-8")
    return configuration


def _build_in(folder: Path, report: Report) -> None:
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(18), encoding="utf-8")
    configuration = write_configuration(folder)
    (folder / f"{paths.DATABASE}.sqlite").touch()
    admin = [paths.program("trytond-admin"), "-c", str(configuration), "-d", paths.DATABASE]
    _run([*admin, "--all", "--email", "admin@example.invalid"], folder)
    report("database")
    _run([*admin, "-u", *MODULES, "--activate-dependencies"], folder)
    report("modules")
    script = [paths.program("python"), str(paths.SET_UP), str(configuration), paths.DATABASE]
    _run(script, folder, report)


def _run(command: list[str], folder: Path, report: Report = lambda _line: None) -> None:
    """Run to the end, bounded in time; each line that it prints is reported."""
    environment = {**os.environ, "TRYTONPASSFILE": str(folder / "password"), "PYTHONWARNINGS": "ignore"}
    with (folder / "log").open("w+", encoding="utf-8") as log:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
        assert process.stdout is not None
        try:
            for line in process.stdout:
                report(line.strip())
            code = process.wait(LONGEST_SECONDS)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
        if code:
            log.seek(0)
            raise BuildFailedError(f"{Path(command[0]).name} ended with {code}:\n{log.read()[-2000:]}")


def _keep(folder: Path, finished: Path) -> None:
    """Give the finished folder its name; of two builds at once the first one wins."""
    if finished.exists():
        return
    kept = finished.with_name(f"{finished.name}.{os.getpid()}")
    shutil.copytree(folder, kept, ignore=shutil.ignore_patterns("log", "trytond.conf"))
    try:
        kept.rename(finished)
    except OSError:
        shutil.rmtree(kept)
        if not finished.exists():
            raise


@contextmanager
def _bar() -> Iterator[Report]:
    console = Console(file=sys.stderr)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("building a real Tryton (once)", total=STEPS)
        yield lambda step: progress.update(task, advance=1, description=f"building a real Tryton (once): {step}")
