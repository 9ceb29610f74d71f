"""retry: try one case again at once, or all cases of one cause."""

from __future__ import annotations

from dataclasses import dataclass

from shared.core.cases import LinkCase, NoteCase, case_named
from shared.core.records import UNREADABLE, Record
from shared.core.repair import Impossible, retry
from shared.flows.operating.failures import Place, Wanted, list_failures, one_failure
from shared.flows.operating.repairing import Act, Done, NotThere, Outcome, repair
from shared.flows.parts import Parts
from shared.ports.system import Hint


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of the cases of a group: how many are tried again, which could not be and why, where it goes on."""

    retried: int
    failed: tuple[tuple[str, str], ...]
    next: Place | None


def retry_case(parts: Parts, case: str, by: str) -> Outcome:
    """Try a case again: a link or a held field is owed again at once, a partner's record is looked at again."""
    about = case_named(case)
    if isinstance(about, LinkCase):
        return _retry_link(parts, about, by)
    listed = one_failure(parts, case)
    if listed is None or not isinstance(about, NoteCase):
        return NotThere(f"there is no case {case}")
    parts.messages.changes([Hint(about.system, about.entity, about.external_id)])
    return Done(f"{about.system} {about.entity} {about.external_id} is looked at again")


def retry_group(parts: Parts, group: str, by: str, after: Place | None, limit: int) -> Retried:
    """Try the cases of one fingerprint again, a page of them; nothing else is touched."""
    page = list_failures(parts, Wanted(group=group), after, limit)
    outcomes = [(listed.case, retry_case(parts, listed.case.id, by)) for listed in page.items]
    failed = tuple((case.id, _why(outcome)) for case, outcome in outcomes if not isinstance(outcome, Done))
    return Retried(len(outcomes) - len(failed), failed, page.next)


def _retry_link(parts: Parts, about: LinkCase, by: str) -> Outcome:
    act = Act("retry", by, about.system, detail={"path": about.path} if about.path else {})
    what = f"{about.path or 'the record'} is sent to {about.system} again"
    done = repair(
        parts,
        about.record_id,
        act,
        what,
        lambda record, rules, now: retry(record, about.system, about.path, rules, now),
    )
    if isinstance(done, Done) and done.before is not None:
        _look_again(parts, done.before, about.system)
    return done


def _look_again(parts: Parts, before: Record, system: str) -> None:
    """Have a record that could not be read looked at: nothing may be owed there that would bring a look about."""
    link = before.link(system)
    if link.parked is not None and link.parked.code == UNREADABLE and link.external_id:
        parts.messages.changes([Hint(system, before.entity, link.external_id)])


def _why(outcome: Impossible | NotThere | Done) -> str:
    return outcome.why if isinstance(outcome, Impossible) else outcome.what
