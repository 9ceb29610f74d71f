"""What a write of a record sets going: which systems are owed something new, and which waiting children may go on."""

from __future__ import annotations

from datetime import datetime

from shared.core.owed import owed_digests
from shared.core.records import Link, Record
from shared.core.rules import EntityRules


def newly_owed(before: Record | None, after: Record, rules: EntityRules, now: datetime) -> tuple[str, ...]:
    """Return the systems for which this write is a reason to deliver (SYNC §7.3).

    A digest is owed that was not owed before, or something owed is due and its lease or state changed. Never while
    the link is parked or leased.
    """
    return tuple(name for name in rules.systems if _is_news(before, after, name, rules, now))


def came_alive(before: Record | None, after: Record) -> tuple[str, ...]:
    """Return the systems in which the record stands since this write, so that what waits for it may go on."""
    return tuple(
        name for name, link in after.links.items() if link.is_live and link.parked is None and not _stood(before, name)
    )


def _stood(before: Record | None, system: str) -> bool:
    return before is not None and before.link(system).is_live and before.link(system).parked is None


def _is_news(before: Record | None, after: Record, system: str, rules: EntityRules, now: datetime) -> bool:
    link = after.link(system)
    if link.parked is not None or (link.intent is not None and link.intent.until > now):
        return False
    owes = owed_digests(after, system, rules)
    if not owes:
        return False
    old = {} if before is None else owed_digests(before, system, rules)
    if any(not _is_tried_again(before, link, system, path) for path, _ in owes.items() - old.items()):
        return True
    is_due = link.due_at is not None and link.due_at <= now
    return is_due and before is not None and _state(before.link(system)) != _state(link)


def _is_tried_again(before: Record | None, link: Link, system: str, path: str) -> bool:
    """Tell whether a field is owed because a send of it had no effect: its time comes with the sweep."""
    return link.tries.get(path, 0) > (before.link(system).tries.get(path, 0) if before else 0)


def _state(link: Link) -> tuple[object, ...]:
    return (link.state, link.intent.id if link.intent else None, link.parked is None, link.due_at)
