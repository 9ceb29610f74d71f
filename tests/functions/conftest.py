"""The world that handlers run in: moto, and two systems that do not answer."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.kit.aws_world import AwsWorld, aws_world

INTEGRATION = Path(__file__).with_name("integration.toml")

Handler = Callable[[Any, Any], Any]
Invoke = Callable[[str, Any], Any]


@dataclass
class FakeContext:
    """An invocation with a minute left."""

    aws_request_id: str = "r1"
    function_name: str = "f"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def handler_of(function: str) -> Handler:
    """Return a function's handler."""
    handler: Handler = importlib.import_module(f"functions.{function}.handler").handler
    return handler


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsWorld]:
    """A fresh AWS."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with aws_world(str(INTEGRATION)) as made:
        yield made


@pytest.fixture
def invoke(world: AwsWorld, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Invokes a function by name with an event, in exactly its own environment."""

    def call(function: str, event: Any) -> Any:
        with monkeypatch.context() as patched:
            for name in os.environ:
                if name.startswith(("TANDEM_", "POWERTOOLS_")):
                    patched.delenv(name)
            for name, value in world.environment(function).items():
                patched.setenv(name, value)
            return handler_of(function)(event, FakeContext())

    return call
