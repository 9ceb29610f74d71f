"""A partner that only pushes: what it pushed last is what it shows, and nothing can be written to it."""

from __future__ import annotations

from dataclasses import replace

from shared.connectors.push import PushSettings, connect, entities
from shared.core.commands import Archive
from shared.core.observations import Gone, Observation, Refused, Source
from shared.ports.system import Key, Listing, Page
from tests.kit.builders import an_observation
from tests.kit.mailbox import MemoryMailbox

SETTINGS = PushSettings.model_validate(
    {"name": "till", "entities": {"customer": {"shows": ["name", "email"]}, "order": {"shows": ["number", "lines[]"]}}}
)


def pushed(external_id: str, *, deleted: bool = False) -> Observation:
    return an_observation(external_id, system="till", source=Source.MESSAGE, deleted=deleted)


def test_it_is_said_what_it_shows_and_that_it_takes_nothing() -> None:
    offered = entities(SETTINGS)["customer"]

    assert sorted(offered.carries) == ["email", "name"]
    assert not offered.takes
    assert sorted(offered.can) == ["list", "read"]
    assert sorted(offered.capture) == ["push"]


def test_what_was_pushed_last_is_shown_as_if_it_had_been_asked_for() -> None:
    mailbox = MemoryMailbox()
    system = connect(SETTINGS, mailbox)
    mailbox.put(pushed("1"))
    mailbox.put(pushed("2", deleted=True))

    assert system.fetch("customer", ["1", "2", "3"]) == {
        "1": replace(pushed("1"), source=Source.FETCHED),
        "2": Gone("2"),
        "3": Gone("3"),
    }


def test_everything_that_is_not_deleted_is_listed_page_by_page() -> None:
    mailbox = MemoryMailbox()
    system = connect(SETTINGS, mailbox)
    for number in range(250):
        mailbox.put(pushed(f"{number:03d}", deleted=number == 7))

    first = system.list("customer", None)
    assert isinstance(first, Listing)
    second = system.list("customer", first.next_cursor)
    assert isinstance(second, Listing)

    assert (first.more, second.more) == (True, False)
    ids = [each.external_id for each in [*first.entries, *second.entries]]
    assert ids == [f"{number:03d}" for number in range(250) if number != 7]


def test_nothing_is_asked_of_it_and_nothing_sent_to_it() -> None:
    system = connect(SETTINGS, MemoryMailbox())
    key = Key("email", ("a@b.c",))

    assert system.changed_since("customer", None) == Page()
    assert system.find("customer", [key]) == {key: ()}
    (answer,) = system.write("customer", [Archive("r1", "1")])
    assert isinstance(answer, Refused)
    assert answer.trouble.code == "unsupported"
    assert system.list("customer", None) == Listing()
