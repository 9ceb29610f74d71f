"""What the connector kit needs to know of a connector: its fake, how it is connected, and its documented errors.

A `Bench` describes one connector; a `Stand` is one test's partner with a system connected to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import NAMESPACE_URL, uuid5

from shared.connectors.http_secrets import ReadSecret
from shared.core.commands import Create, Update
from shared.core.keys import REFERENCE
from shared.core.observations import Accepted, Answer, Next, Observation, Revision, Stored, Trouble
from shared.core.values import Value
from shared.ports.capabilities import EntityCapability
from shared.ports.system import Entry, Key, System
from tests.connectors.fakes.base import Fake, Given, serving

MOST_PAGES = 400
CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class ErrorCase:
    """An answer that the partner documents, and the class it belongs to, for reads and writes or for one of them."""

    name: str
    given: Given
    next: Next
    of: str = "read write"
    whole_system: bool | None = None


@dataclass(frozen=True)
class Bench:
    """One connector, ready for the kit. Everything is about customers with a name and a phone.

    `tricks` are those standing misbehaviours that the partner's protocol leaves room for. `errors` is its documented
    table. `unknown` is an answer that nobody documented. `unit` is what its times are cut to, in microseconds.
    """

    name: str
    make_fake: Callable[[], Fake]
    connect: Callable[[str, ReadSecret], System]
    capability: EntityCapability
    secret: Mapping[str, str]
    errors: Sequence[ErrorCase]
    unknown: Given
    tricks: frozenset[str] = frozenset()
    overlap_seconds: int = 60
    unit: int = 1_000_000
    page_size: int = 100
    echoes: Callable[[str], Given] | None = None

    @contextmanager
    def stand(self) -> Iterator[Stand]:
        """Set up a partner and connect to it."""
        fake = self.make_fake()
        with serving(fake):
            secret = dict(self.secret)
            stand = Stand(self, fake, secret, self.connect(fake.url, lambda _name: dict(secret)))
            try:
                yield stand
            finally:
                close = getattr(stand.system, "close", None)
                if close is not None:
                    close()


@dataclass
class Stand:
    """A partner, the system that is connected to it, and the secret as it stands in the store."""

    bench: Bench
    fake: Fake
    secret: dict[str, str] = field(repr=False)
    system: System

    def all_listed(self) -> list[Entry]:
        """Walk through the whole listing."""
        entries: list[Entry] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = self.system.list(CUSTOMER, cursor)
            assert not isinstance(page, Trouble), page
            entries += page.entries
            if not page.more:
                return entries
            cursor = page.next_cursor
        raise AssertionError("the listing does not end")

    def poll(self, cursor: str | None) -> tuple[list[str], str | None]:
        """Walk through what changed; return every id that was shown or named, and the cursor to keep."""
        ids: list[str] = []
        for _ in range(MOST_PAGES):
            page = self.system.changed_since(CUSTOMER, cursor)
            assert not isinstance(page, Trouble), page
            ids += [each.external_id for each in page.observations] + list(page.ids)
            cursor = page.next_cursor
            if not page.more:
                return ids, cursor
        raise AssertionError("the poll does not end")

    def shown(self, external_id: str) -> Observation:
        """Fetch one record that must be there."""
        found = self.system.fetch(CUSTOMER, [external_id])
        assert not isinstance(found, Trouble), found
        shown = found.get(external_id)
        assert isinstance(shown, Observation), shown
        return shown

    def found(self, record_id: str) -> list[str]:
        """Look a record up by our reference; return the partner's ids."""
        key = Key(REFERENCE, (record_id,))
        found = self.system.find(CUSTOMER, [key])
        assert not isinstance(found, Trouble), found
        return [each.external_id for each in found[key]]

    def deliver(self, create: Create) -> Answer | None:
        """Create as deliver does: look first; nothing where the record is there already."""
        return None if self.found(create.record_id) else self.write(create)[0]

    def write(self, *commands: Create | Update) -> Sequence[Answer]:
        """Write and check that there is one answer per command."""
        answers = self.system.write(CUSTOMER, commands)
        assert len(answers) == len(commands)
        return answers

    def made(self, number: int = 1) -> str:
        """Create a customer; return its id."""
        answer = self.write(a_create(number))[0]
        assert isinstance(answer, Stored | Accepted), answer
        return answer.external_id


def a_record_id(number: int) -> str:
    """Return our id of a record."""
    return str(uuid5(NAMESPACE_URL, f"customer {number}"))


def sample(number: int) -> dict[str, Value]:
    """Return the fields of a customer."""
    return {"name": f"Customer {number}", "phone": f"+1 512 555 {number:04d}"}


def a_create(number: int = 1, **fields: Value) -> Create:
    """Return the command that makes a customer."""
    return Create(a_record_id(number), {**sample(number), **fields})


def an_update(external_id: str, revision: Revision | None = None, number: int = 1, **fields: Value) -> Update:
    """Return the command that changes a customer."""
    return Update(a_record_id(number), external_id, fields, precondition=revision, whole=sample(number))


def may_play(trick: str) -> Callable[[Bench], bool]:
    """Return whether a partner's interface has room for a standing misbehaviour."""
    return lambda bench: trick in bench.tricks


def can(*verbs: str) -> Callable[[Bench], bool]:
    """Return whether a partner can be told, or asked, all that a check does."""
    return lambda bench: set(verbs) <= bench.capability.can


def is_polled(bench: Bench) -> bool:
    """Return whether a partner is asked for changes."""
    return "poll" in bench.capability.capture


def is_called(bench: Bench) -> bool:
    """Return whether a partner is called at all."""
    return bool(bench.errors)


def has_an_exact_revision(bench: Bench) -> bool:
    """Return whether a write can hold the partner to what was read; without it, writes are read before."""
    return bench.capability.exact
