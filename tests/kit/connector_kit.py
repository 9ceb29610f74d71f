"""The kit that every connector must pass: one class, one line to bind a connector to it.

    class TestEspoCrm(ConnectorKit):
        bench = ESPOCRM

It runs over HTTP against a stateful fake of the partner's API (`tests/connectors/fakes`), and each request is checked
against the partner's contract. That the kit itself notices what it should is proved by `test_kit_itself`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest

from tests.kit.kit_bench import Bench, Stand
from tests.kit.kit_reading import ReadingChecks
from tests.kit.kit_room import leave_out
from tests.kit.kit_troubles import TroubleChecks
from tests.kit.kit_writing import WritingChecks


class ConnectorKit(ReadingChecks, WritingChecks, TroubleChecks):
    """All checks of a connector."""

    bench: ClassVar[Bench]

    def __init_subclass__(cls) -> None:
        """Leave out what the partner has no room for."""
        leave_out(cls, cls.bench)

    @pytest.fixture
    def stand(self) -> Iterator[Stand]:
        """Set up the partner; afterwards no request may have broken its contract."""
        with self.bench.stand() as stand:
            yield stand
            assert stand.fake.problems == []
