"""Hypothesis strategies for everything that is stored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar

from hypothesis import strategies as st

from shared.core.decisions import Cause, Decision, Ruling, Verdict
from shared.core.inputs import Answered, Inputs, Observed, Parent, Step
from shared.core.observations import Next, Observation, Revision, Source, Trouble
from shared.core.records import (
    Failure,
    Field,
    Flip,
    Held,
    Intent,
    Link,
    LinkState,
    Parked,
    Record,
    Seen,
    Sent,
    Tombstone,
    Verb,
)
from shared.core.values import Reference
from shared.ports.stores import Note, NoteKind

Thing = TypeVar("Thing")


def whole(kind: type[Thing], /, **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Thing]:
    """Build a value with each of its fields; a field that nobody has named here is a mistake, found at once."""
    fields = getattr(kind, "_fields", None) or kind.__dataclass_fields__  # type: ignore[attr-defined]  # a dataclass
    assert set(fields) == set(parts), f"{kind.__name__}: {set(fields) ^ set(parts)}"
    return st.builds(kind, **parts)


def by_path(what: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Build values by path."""
    return st.dictionaries(paths, what, max_size=3)


def many(what: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Build a few values in order."""
    return st.lists(what, max_size=3).map(tuple)


letters = st.characters(exclude_categories=["Cs"])
texts = st.text(letters, max_size=20)
names = st.text(letters, min_size=1, max_size=12)
moments = st.datetimes(datetime(1970, 1, 1), datetime(9990, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(fold=0)
)
numbers = st.decimals(allow_nan=False, allow_infinity=False)
counts = st.integers(0, 2**40)
flags = st.booleans()
references = whole(Reference, system=names, entity=names, external_id=names)
values = st.one_of(st.none(), flags, texts, numbers, moments, references)
digests = st.text("ABCdef123-_", min_size=12, max_size=12)
paths = st.one_of(st.sampled_from(["name", "status", "addresses[billing].city", "lines[ab12].quantity"]), names)

revisions = whole(Revision, token=texts, order=st.none() | st.integers(-(2**62), 2**62), exact=flags)
sents = whole(Sent, value=digests, form=digests, before=st.none() | digests)
intents = whole(
    Intent,
    id=names,
    verb=st.sampled_from(Verb),
    until=moments,
    made_at=moments,
    sent=by_path(sents),
    keys=st.frozensets(names, max_size=3),
    absorbs=counts,
)
parkeds = whole(
    Parked,
    reason=texts,
    since=moments,
    owed=by_path(digests),
    code=texts,
    field=st.none() | names,
    parent=st.none() | names,
    candidates=many(names),
)
links = whole(
    Link,
    state=st.sampled_from(LinkState),
    external_id=st.none() | names,
    fields=by_path(whole(Seen, seen=digests, stands=digests)),
    elements=by_path(names),
    ambiguous=by_path(names),
    revision=st.none() | revisions,
    floor=st.none() | counts,
    intent=st.none() | intents,
    held=by_path(whole(Held, wish=digests, shown=digests, reason=texts, since=moments, yielded=flags, code=texts)),
    echoes=by_path(many(sents)),
    unsure=by_path(digests),
    tries=by_path(counts),
    flips=by_path(whole(Flip, rounds=counts, shown=digests)),
    parked=st.none() | parkeds,
    attempts=counts,
    backoffs=counts,
    due_at=st.none() | moments,
    waits_for=st.none() | names,
    absorbs=counts,
    failure=st.none() | whole(Failure, code=texts, message=texts, field=st.none() | names, first=moments, last=moments),
    skipped=by_path(digests),
)
records = whole(
    Record,
    id=names,
    entity=names,
    version=st.integers(1, 2**40),
    generation=counts,
    fields=by_path(whole(Field, value=values, by=names, at=moments, version=counts)),
    links=st.dictionaries(names, links, max_size=2),
    tombstone=st.none() | whole(Tombstone, by=names, at=moments),
    without_keys=st.frozensets(names, max_size=3),
    due_at=st.none() | moments,
    parked_since=st.none() | moments,
    waits_for=st.none() | names,
    failing_since=st.none() | moments,
)
inputs = whole(
    Inputs,
    steps=many(st.sampled_from(Step)),
    observed=st.none()
    | whole(
        Observed,
        revision=st.none() | revisions,
        collections=st.frozensets(names, max_size=2),
        complete=flags,
        source=st.sampled_from(Source),
        deleted=flags,
        carried=st.none() | many(paths),
    ),
    answered=st.none() | st.sampled_from(Answered),
    revision=st.none() | revisions,
    trouble=st.none()
    | whole(
        Trouble,
        next=st.sampled_from(Next),
        code=texts,
        message=texts,
        wait_seconds=st.none() | st.floats(0, 1e6),
        whole_system=flags,
        field=st.none() | names,
        candidates=many(names),
    ),
    jitter=st.floats(0, 1),
    parked=st.none() | parkeds,
    parent=st.none() | whole(Parent, record_id=names, exists=flags, state=st.sampled_from(LinkState), parked=texts),
    until=st.dictionaries(names, moments, max_size=2),
    keys_left=st.frozensets(names, max_size=3),
    withheld=st.frozensets(names, max_size=3),
)
causes = whole(
    Cause,
    operation=st.sampled_from(["absorb", "confirm", "intent", "look"]) | names,
    system=texts,
    external_id=texts,
    at=st.none() | moments,
    rules=texts,
    revision=texts,
    modified_at=st.none() | moments,
    values=by_path(values),
    not_carried=many(names),
    detail=by_path(texts),
    trace=texts,
    inputs=st.none() | inputs,
    decided=many(whole(Ruling, verdict=st.sampled_from(Verdict), because=texts, paths=many(paths))),
)
decisions = whole(
    Decision,
    verdict=st.sampled_from(Verdict),
    system=names,
    path=texts,
    theirs=values,
    ours=values,
    parted_at=counts,
    because=texts,
)
notes = whole(
    Note,
    kind=st.sampled_from(NoteKind),
    system=names,
    entity=names,
    external_id=names,
    reason=texts,
    since=moments,
    due_at=st.none() | moments,
    attempts=counts,
    field=st.none() | names,
    candidates=many(names),
    last_at=st.none() | moments,
)
observations = whole(
    Observation,
    system=names,
    entity=names,
    external_id=names,
    fields=by_path(values),
    revision=st.none() | revisions,
    modified_at=st.none() | moments,
    collections=st.frozensets(names, max_size=2),
    complete=flags,
    reference=st.none() | names,
    source=st.sampled_from(Source),
    deleted=flags,
)
