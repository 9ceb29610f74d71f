"""Where the real Tryton lives inside the project's folder."""

import hashlib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
ENVIRONMENT = PROJECT / ".venvs" / "tryton"
CACHE = PROJECT / ".cache" / "tryton"
BUILD = Path(__file__).with_name("build.py")
SET_UP = Path(__file__).with_name("set_up.py")
SERVE = Path(__file__).with_name("serve.py")
DATABASE = "erp"
USER = "admin"


def is_installed() -> bool:
    """Whether `.venvs/tryton` holds Tryton (`make setup` makes it)."""
    return (ENVIRONMENT / "bin" / "trytond-admin").exists()


def program(name: str) -> str:
    """The path of one of the environment's programs."""
    return str(ENVIRONMENT / "bin" / name)


def cached_database() -> Path:
    """The folder that holds, or will hold, the business database made from today's inputs."""
    return CACHE / _fingerprint()


def _fingerprint() -> str:
    """A hash of all that the database is made from: how it is built and set up, and the installed modules' versions."""
    versions = sorted(path.name for path in ENVIRONMENT.glob("lib/python*/site-packages/*.dist-info"))
    inputs = BUILD.read_bytes() + SET_UP.read_bytes() + "\n".join(versions).encode()
    return hashlib.sha256(inputs).hexdigest()[:16]
