"""The connector kit on `push`, as far as there is room: it is never asked for changes, called or told anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC

from shared.connectors.push import PushSettings, connect, entities
from shared.core.observations import Observation, Source
from shared.core.values import Value
from tests.connectors.fakes.base import KEEPS_EMPTY, Fake, Given
from tests.kit.connector_kit import ConnectorKit
from tests.kit.kit_bench import CUSTOMER, Bench, Stand
from tests.kit.mailbox import MemoryMailbox

SETTINGS = PushSettings.model_validate({"name": "till", "entities": {CUSTOMER: {"shows": ["name", "phone"]}}})


class Till(Fake):
    """A partner that tells of its customers itself, one state after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.mailbox = MemoryMailbox()

    def put(self, name: str, phone: str | None = None, unmapped: str = "") -> str:
        """Tell of a new customer; what no mapping names cannot be told."""
        del unmapped
        self.served_rows += 1
        external_id = f"t-{self.served_rows:06d}"
        self._push(external_id, {"name": name, "phone": phone})
        return external_id

    def change(self, external_id: str, **fields: str | None) -> None:
        """Tell of a changed customer, as a whole."""
        known = self.mailbox.get("till", CUSTOMER, [external_id])[external_id].fields
        self._push(external_id, {**known, **fields})

    def end(self, external_id: str) -> None:
        """Tell that a customer is gone."""
        self._push(external_id, {}, deleted=True)

    def shown(self) -> Mapping[str, Mapping[str, str | None]]:
        """Return nothing: nobody writes here, so nobody looks."""
        return {}

    def _push(self, external_id: str, fields: Mapping[str, Value], *, deleted: bool = False) -> None:
        at = self.time().astimezone(UTC)
        told = Observation(
            "till", CUSTOMER, external_id, fields, modified_at=at, source=Source.MESSAGE, deleted=deleted
        )
        self.mailbox.put(told)


@dataclass(frozen=True)
class PushBench(Bench):
    """A bench without a server: the till speaks first."""

    @contextmanager
    def stand(self) -> Iterator[Stand]:
        """Set up a till and read its mailbox."""
        till = Till()
        yield Stand(self, till, {}, connect(SETTINGS, till.mailbox))


PUSH = PushBench(
    name="push",
    make_fake=Till,
    connect=lambda _url, _secret: connect(SETTINGS, MemoryMailbox()),
    capability=entities(SETTINGS)[CUSTOMER],
    secret={},
    errors=(),
    unknown=Given(599),
    tricks=frozenset({KEEPS_EMPTY}),
    unit=1,
    page_size=200,
)


class TestPush(ConnectorKit):
    """`push` passes what of the kit it has room for."""

    bench = PUSH


def test_push_has_room_for_these_checks() -> None:
    checks = {name for name in dir(TestPush) if name.startswith("test_") and callable(getattr(TestPush, name))}

    assert checks == {
        "test_a_listing_shows_everything_once_and_ends",
        "test_an_empty_text_is_not_nothing",
        "test_fetch_answers_every_id_and_what_is_not_there_is_gone",
        "test_times_are_aware_and_to_the_partners_digit",
        "test_what_a_record_shows_is_what_the_catalog_says",
        "test_what_is_not_known_is_shown_as_nothing_and_not_left_out",
    }
