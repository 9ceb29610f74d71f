"""Pairing: which of our elements a partner's line or contact is (SYNC §1).

Partners name elements by ids of their own. A link remembers the pairs; an element of unknown id is paired only on a
first link, or with the elements that an open (or late) intent lists. It is the same if it is equal in all fields,
interchangeable ones in any order; else if its own match key (contact: e-mail, then name; line: product) is unique on
both sides; else it is *ambiguous* if one of ours shows that key, and otherwise an addition. What is ambiguous is
asked again at every observation, against all of ours that have no pair.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field

from shared.core.entities import ELEMENT_MATCH_KEYS
from shared.core.observations import Observation, Source
from shared.core.owed import element_fields, match_signatures
from shared.core.paths import element_of, element_path
from shared.core.records import Link, Record, element_key
from shared.core.values import Digest, Value, digest


@dataclass(frozen=True, slots=True)
class Adopted:
    """An observation's fields under our element keys, and what the link now knows of the elements.

    `missing` are our keys of elements that the system no longer shows; `newly_ambiguous` are partner ids. `is_told` is
    false if an element of unknown id shows too little to be paired or added. `absent` are the paths of our elements
    that surely never stood there, because their collection is shown whole.
    """

    fields: Mapping[str, Value]
    elements: Mapping[str, str]
    ambiguous: Mapping[str, str]
    missing: frozenset[str]
    newly_ambiguous: frozenset[str]
    is_told: bool = True
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One of our elements that may be meant: per field the digests that mean it, those that were sent last, and those
    of the send that is under way, which may have left out what went with an earlier one."""

    key: str
    fields: Mapping[str, frozenset[Digest]]
    last: Mapping[str, frozenset[Digest]]
    under_way: Mapping[str, frozenset[Digest]] = field(default_factory=dict)

    def is_under_way(self, fields: Mapping[str, Value]) -> bool:
        """Tell whether all fields are as the send under way has them, and nothing is shown beside them."""
        return bool(self.under_way) and _Candidate(self.key, self.under_way, self.last).is_equal_to(fields)

    def is_last_sent(self, fields: Mapping[str, Value]) -> bool:
        """Tell whether all fields are as they were sent last: an older send of another one may look the same."""
        return _Candidate(self.key, self.last, self.last).is_equal_to(fields)

    def is_equal_to(self, fields: Mapping[str, Value]) -> bool:
        """Tell whether all fields of both are the same; one that is missing is nothing."""
        nothing = frozenset({digest(None)})
        names = self.fields.keys() | fields.keys()
        return all(digest(fields.get(name)) in self.fields.get(name, nothing) for name in names)

    def is_shown_by(self, fields: Mapping[str, Value]) -> bool:
        """Tell whether all fields that both have are the same."""
        common = [name for name in self.fields if name in fields]
        return bool(common) and all(digest(fields[name]) in self.fields[name] for name in common)


def adopt(record: Record, link: Link, observation: Observation, *, first: bool) -> Adopted:
    """Translate an observation's element ids to our keys, pairing what is unknown and noting what is gone.

    An unknown element that shows none of its fields, or stands in an answer that is not whole and cannot be paired,
    tells nothing yet: it is no addition, and the next state that is read whole says what it is.
    """
    shown = _by_collection(observation)
    if not (any(shown.values()) or link.elements or link.ambiguous):
        return _without_elements(record, observation)
    is_whole = observation.complete or observation.source is not Source.ANSWER
    elements = dict(link.elements)
    ambiguous = {
        theirs: sign for theirs, sign in link.ambiguous.items() if not _is_told(theirs, sign, shown, observation)
    }
    for collection, theirs in shown.items():
        names = frozenset(elements.values())
        unknown = {their_id: fields for their_id, fields in theirs.items() if fields and their_id not in names}
        remembered = {their_id: fields for their_id, fields in unknown.items() if their_id in link.ambiguous}
        new = {their_id: fields for their_id, fields in unknown.items() if their_id not in remembered}
        for some, of_all in ((remembered, True), (new, first)):
            if not some:
                continue
            known = elements.keys() - _vanished(link, observation, collection, theirs)
            free = _candidates(record, link, collection, known, of_all)
            pairs = _pair(some, free, collection, is_whole=is_whole)
            elements.update({ours: their_id for their_id, ours in pairs.items()})
            if is_whole or of_all:
                ambiguous.update(_doubtful(some, free, collection, pairs))
        if is_whole:
            for their_id in sorted(unknown.keys() - ambiguous.keys() - set(elements.values())):
                elements[element_key(record.id, observation.system, their_id)] = their_id
    missing = _missing(link, observation, elements, shown)
    return Adopted(
        fields=_renamed(observation, elements),
        elements={ours: theirs for ours, theirs in elements.items() if ours not in missing},
        ambiguous=ambiguous,
        missing=missing,
        newly_ambiguous=frozenset(ambiguous) - frozenset(link.ambiguous),
        is_told=all({*theirs} <= {*elements.values(), *ambiguous} for theirs in shown.values()),
        absent=_absent(record, observation, elements, ambiguous),
    )


def _without_elements(record: Record, observation: Observation) -> Adopted:
    """Return an observation that shows no element of a record that has none there: most have none at all."""
    absent = _absent(record, observation, {}, {})
    return Adopted(observation.fields, {}, {}, frozenset(), frozenset(), absent=absent)


def _by_collection(observation: Observation) -> dict[str, dict[str, dict[str, Value]]]:
    shown: dict[str, dict[str, dict[str, Value]]] = {name: {} for name in observation.collections}
    for path, value in observation.fields.items():
        element = element_of(path)
        if element is not None:
            fields = shown.setdefault(element.collection, {}).setdefault(element.key, {})
            if element.field:
                fields[element.field] = value
    return shown


def _is_told(their_id: str, sign: str, shown: Mapping[str, Mapping[str, object]], observation: Observation) -> bool:
    """Tell whether an observation says anew what became of an ambiguous element: it shows it, or shows it gone."""
    collection = sign.partition("/")[0]
    return collection in observation.collections or their_id in shown.get(collection, {})


def _candidates(record: Record, link: Link, collection: str, known: Set[str], of_all: bool) -> list[_Candidate]:
    """Return our elements that a partner's unknown one may be, but for the known ones: on a first link (or an open
    question) all, else those that were sent."""
    if of_all:
        paths = (element_of(path) for path, held in record.fields.items() if held.value is True)
        keys = [e.key for e in paths if e is not None and e.collection == collection and not e.field]
        ours = [
            _Candidate(key, shown, shown)
            for key, shown in ((key, _digests(element_fields(record, collection, key))) for key in keys)
        ]
    else:
        ours = []
    sent = _sent_elements(link, collection)
    named = {candidate.key for candidate in sent}
    return [c for c in (*sent, *(c for c in ours if c.key not in named)) if c.key not in known]


def _vanished(link: Link, observation: Observation, collection: str, theirs: Mapping[str, object]) -> frozenset[str]:
    """Return our keys of elements that were sent and are not shown any more under the id that they had.

    A partner that shows no ids has them made from the content, so that our own edit of a match key changes the id; and
    some give all elements of a list new ids with each update. Taken for removed and added, the element would double.
    One whose removal was sent is simply gone, though another that is just like it may have been added.
    """
    if collection not in observation.collections:
        return frozenset()
    sent = {each.key for each in _sent_elements(link, collection) if not _is_removed(link, collection, each.key)}
    return frozenset(ours for ours in sent if ours in link.elements and link.elements[ours] not in theirs)


def _is_removed(link: Link, collection: str, key: str) -> bool:
    sent = None if link.intent is None else link.intent.sent.get(element_path(collection, key))
    return sent is not None and sent.value == digest(False)


def _digests(fields: Mapping[str, Value]) -> dict[str, frozenset[Digest]]:
    return {name: frozenset({digest(value)}) for name, value in fields.items()}


def _sent_elements(link: Link, collection: str) -> list[_Candidate]:
    found: dict[str, dict[str, frozenset[Digest]]] = {}
    last: dict[str, dict[str, frozenset[Digest]]] = {}
    for path, meant in reversed(list(_sent(link))):
        element, digests = element_of(path), frozenset(meant)
        if element is not None and element.collection == collection and element.field:
            fields = found.setdefault(element.key, {})
            fields[element.field] = fields.get(element.field, frozenset()) | digests
            last.setdefault(element.key, {})[element.field] = digests
    for path, seen in link.fields.items():  # what was not sent is still as it was seen
        element = element_of(path)
        if element is not None and element.field and element.key in found and element.key in link.elements:
            found[element.key].setdefault(element.field, frozenset({seen.seen}))
            last[element.key].setdefault(element.field, frozenset({seen.seen}))
    going = _under_way(link)
    return [_Candidate(key, fields, last[key], going.get(key, {})) for key, fields in found.items()]


def _under_way(link: Link) -> dict[str, dict[str, frozenset[Digest]]]:
    """Return per element the fields of the send that is under way; what it left out counts as nothing there."""
    found: dict[str, dict[str, frozenset[Digest]]] = {}
    for path, sent in () if link.intent is None else link.intent.sent.items():
        element = element_of(path)
        if element is not None and element.field:
            found.setdefault(element.key, {})[element.field] = frozenset({sent.value, sent.form})
    return found


def _sent(link: Link) -> Iterator[tuple[str, tuple[Digest, ...]]]:
    """Yield what is under way, may still land late, or was assumed, the newest first: path and digests."""
    for path, sent in () if link.intent is None else link.intent.sent.items():
        yield path, (sent.value, sent.form)
    for path, sends in link.echoes.items():
        yield from ((path, (sent.value, sent.form)) for sent in reversed(sends))
    for path in sorted(link.unsure.keys() & link.fields.keys()):
        yield path, (link.fields[path].seen, link.fields[path].stands)


_SAME = (_Candidate.is_under_way, _Candidate.is_last_sent, _Candidate.is_equal_to, _Candidate.is_shown_by)
"""When a partner's element is one of ours, the surest sign first."""


def _pair(
    unknown: Mapping[str, Mapping[str, Value]], free: list[_Candidate], collection: str, *, is_whole: bool
) -> dict[str, str]:
    """Return their id → our key of what is paired, and take those of ours from the free ones."""
    pairs: dict[str, str] = {}
    if is_whole:
        for is_same in _SAME:
            for their_id, fields in sorted(unknown.items()):
                equal = next((c for c in free if their_id not in pairs and is_same(c, fields)), None)
                if equal is not None:
                    pairs[their_id] = equal.key
                    free.remove(equal)
    else:
        _pair_as_far_as_shown(unknown, free, pairs)
    for name in ELEMENT_MATCH_KEYS[collection]:
        _pair_by_key(name, {i: f for i, f in unknown.items() if i not in pairs}, free, pairs)
    return pairs


def _pair_as_far_as_shown(
    unknown: Mapping[str, Mapping[str, Value]], free: list[_Candidate], pairs: dict[str, str]
) -> None:
    """Pair what an answer shows in part, where only one of ours can be meant, or several that are alike: of two
    contacts of one name it may leave out the telephone that tells them apart (seeds 1083753, 1087280)."""
    is_news = True
    while is_news:
        is_news = False
        for their_id, fields in sorted((i, f) for i, f in unknown.items() if i not in pairs):
            meant = [c for c in free if c.is_shown_by(fields)]
            if meant and all(each.fields == meant[0].fields for each in meant):
                pairs[their_id], is_news = meant[0].key, True
                free.remove(meant[0])


def _doubtful(
    unknown: Mapping[str, Mapping[str, Value]], free: Iterable[_Candidate], collection: str, pairs: Mapping[str, str]
) -> dict[str, str]:
    """Return their id → signature of what is ambiguous."""
    ours = _signatures(collection, free)
    signs = {i: match_signatures(collection, fields) & ours for i, fields in unknown.items() if i not in pairs}
    return {their_id: min(some) for their_id, some in signs.items() if some}


def _pair_by_key(
    name: str, unknown: Mapping[str, Mapping[str, Value]], free: list[_Candidate], pairs: dict[str, str]
) -> None:
    theirs = Counter(digest(fields[name]) for fields in unknown.values() if fields.get(name) not in (None, ""))
    for their_id, fields in sorted(unknown.items()):
        if fields.get(name) in (None, "") or theirs[digest(fields[name])] > 1:
            continue
        meant = [c for c in free if digest(fields[name]) in c.fields.get(name, frozenset())]
        if len(meant) == 1:
            pairs[their_id] = meant[0].key
            free.remove(meant[0])


def _signatures(collection: str, candidates: Iterable[_Candidate]) -> frozenset[str]:
    return frozenset(
        f"{collection}/{name}/{each}"
        for candidate in candidates
        for name in ELEMENT_MATCH_KEYS[collection]
        for each in candidate.fields.get(name, frozenset())
    )


def _missing(
    link: Link, observation: Observation, elements: Mapping[str, str], shown: Mapping[str, Mapping[str, object]]
) -> frozenset[str]:
    """Return our keys of elements that stood in a collection which is now shown whole without them."""
    gone = set()
    for path in link.fields:
        element = element_of(path)
        if element is None or element.field or element.collection not in observation.collections:
            continue
        if element.key in elements and elements[element.key] not in shown[element.collection]:
            gone.add(element.key)
    return frozenset(gone)


def _absent(
    record: Record, observation: Observation, elements: Mapping[str, str], ambiguous: Mapping[str, str]
) -> tuple[str, ...]:
    if ambiguous:
        return ()
    paths = ((path, element_of(path)) for path, held in record.fields.items() if held.value is True)
    ours = ((path, element) for path, element in paths if element is not None and not element.field)
    return tuple(path for path, e in ours if e.collection in observation.collections and e.key not in elements)


def _renamed(observation: Observation, elements: Mapping[str, str]) -> Mapping[str, Value]:
    names = {their_id: ours for ours, their_id in elements.items()}
    fields: dict[str, Value] = {}
    for path, value in observation.fields.items():
        element = element_of(path)
        if element is None:
            fields[path] = value
        elif element.key in names:
            ours = names[element.key]
            fields[element_path(element.collection, ours)] = True
            if element.field:
                fields[element_path(element.collection, ours, element.field)] = value
    return fields
