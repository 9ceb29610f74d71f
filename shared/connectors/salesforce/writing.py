"""Writes to Salesforce: collections for records alone, a graph for each record whose parts are written with it.

A new record alone is upserted by our own external id; one with parts is inserted, so that one that came before makes
the whole graph fail, instead of its parts twice. Salesforce locks a parent while a child of it is written, so records
go out sorted by parent. There is no precondition, so deliver reads before it writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from shared.connectors.elements import element_body
from shared.connectors.mapping import for_create, for_update
from shared.connectors.salesforce.api import Api, Item, Result, Unsure
from shared.connectors.salesforce.graphs import OWN, Graph, send
from shared.connectors.salesforce.ids import whole_id
from shared.connectors.salesforce.prices import BOOK, ENTRY, PRODUCT, Prices, prices_of
from shared.connectors.salesforce.reading import Reader
from shared.connectors.salesforce.settings import Children, SalesforceSettings
from shared.connectors.salesforce.subject import Subject
from shared.core.commands import Archive, Command, Create, Update
from shared.core.observations import Accepted, Answer, Observation, Refused, Source, Stored, Trouble, Unknown
from shared.core.paths import element_of
from shared.core.values import Reference, Value

_GONE = "ENTITY_IS_DELETED"


@dataclass(slots=True)
class _Plan:
    """A command as it goes out: the record's own fields, its changed elements, its values that follow at the end."""

    command: Create | Update
    parent: str
    own: dict[str, Any] = field(repr=False)
    elements: dict[str, dict[str, Value]] = field(default_factory=dict, repr=False)
    last: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def has_steps(self) -> bool:
        """Tell whether it takes more than one step."""
        return bool(self.elements or self.last)

    @property
    def external_id(self) -> str:
        """Return the record's id, where it is known."""
        return whole_id(self.command.external_id) if isinstance(self.command, Update) else ""

    @property
    def hide(self) -> tuple[str, ...]:
        """Return the texts that no message may show."""
        own = [value for value in self.own.values() if isinstance(value, str)]
        parts = [value for values in self.elements.values() for value in values.values() if isinstance(value, str)]
        return tuple(text for text in (*own, *parts) if len(text) > len("abc"))


class Writer:
    """Writes one entity."""

    def __init__(self, api: Api, reader: Reader, settings: SalesforceSettings) -> None:
        self._api = api
        self._reader = reader
        self._settings = settings
        self._subject: Subject = reader.subject

    def write(self, commands: Sequence[Command]) -> list[Answer]:
        """Carry out commands of one verb; one answer per command."""
        answers: dict[int, Answer] = {}
        plans: dict[int, _Plan] = {}
        ended: dict[int, Archive] = {}
        for place, command in enumerate(commands):
            if isinstance(command, Archive):
                ended[place] = command
            else:
                plans[place] = self._plan(command)
        ordered = dict(sorted(plans.items(), key=lambda each: each[1].parent))
        answers |= self._archive(ended)
        answers |= self._write_alone({place: plan for place, plan in ordered.items() if not plan.has_steps})
        answers |= self._write_with_parts({place: plan for place, plan in ordered.items() if plan.has_steps})
        return [answers[place] for place in range(len(commands))]

    def _plan(self, command: Create | Update) -> _Plan:
        plain = {path: value for path, value in command.fields.items() if element_of(path) is None}
        if isinstance(command, Create):
            own = for_create(self._subject.mapping, plain, command.record_id, self._subject.habits).content
            starts_as = self._subject.given.starts_as or {}
            last = {name: own[name] for name in starts_as if name in own and own[name] != starts_as[name]}
            own |= starts_as | self._book()
        else:
            bare = replace(command, fields=plain)
            own, last = for_update(self._subject.mapping, bare, None, self._subject.habits, merges=True).content, {}
        return _Plan(command, self._parent(command), own, _elements(command.fields), last)

    def _book(self) -> dict[str, str]:
        children = self._subject.given.children
        is_priced = children is not None and children.priced and bool(self._settings.price_book)
        return {BOOK: self._settings.price_book} if is_priced else {}

    def _parent(self, command: Create | Update) -> str:
        """Return the id of the first record that this one refers to: the one that a write of it locks."""
        known = {**command.whole, **command.fields} if isinstance(command, Update) else command.fields
        among = (known.get(each.ours) for each in self._subject.mapping.plain if each.refers)
        first = next((each.external_id for each in among if isinstance(each, Reference)), "")
        return first or (command.external_id if isinstance(command, Update) else "")

    def _write_alone(self, plans: Mapping[int, _Plan]) -> dict[int, Answer]:
        nothing = {place: plan for place, plan in plans.items() if plan.external_id and not plan.own}
        news = {place: plan for place, plan in plans.items() if not plan.external_id}
        changes = {place: plan for place, plan in plans.items() if plan.external_id and plan.own}
        answers: dict[int, Answer] = {place: Accepted(_asked_id(plan)) for place, plan in nothing.items()}
        given = self._subject.given
        by = f"/{quote(given.type)}/{quote(given.reference)}" if given.reference else ""
        for some in self._portions(news):
            ended = self._api.collection(
                "PATCH" if by else "POST", by, [self._item(p) for p in some.values()], self._by
            )
            answers |= {place: _answer(plan, one) for (place, plan), one in zip(some.items(), ended, strict=True)}
        for some in self._portions(changes):
            ended = self._api.collection("PATCH", "", [self._item(p) for p in some.values()], self._by)
            answers |= {place: _answer(plan, one) for (place, plan), one in zip(some.items(), ended, strict=True)}
        return answers

    @property
    def _by(self) -> str:
        return self._subject.given.reference

    def _item(self, plan: _Plan) -> Item:
        named = {"Id": plan.external_id} if plan.external_id else {}
        content = {"attributes": {"type": self._subject.given.type}, **named, **plan.own}
        return Item(content, bool(named), plan.hide)

    def _portions(self, plans: Mapping[int, _Plan]) -> list[dict[int, _Plan]]:
        """Return plans in collections that are not too large, none of which names a record twice."""
        portions: list[dict[int, _Plan]] = []
        named: set[str] = set()
        for place, plan in plans.items():
            name = plan.external_id or plan.command.record_id
            if not portions or name in named or len(portions[-1]) >= self._settings.batch_size:
                portions.append({})
                named = set()
            portions[-1][place] = plan
            named.add(name)
        return portions

    def _write_with_parts(self, plans: Mapping[int, _Plan]) -> dict[int, Answer]:
        prices = self._prices(plans.values()) if plans else Prices()
        if isinstance(prices, Trouble):
            return {place: Refused(prices) for place in plans}
        graphs = {place: self._graph(plan, prices) for place, plan in plans.items()}
        sent = {place: graph for place, graph in graphs.items() if graph.steps}
        ended: dict[int, Result] = {place: plan.external_id for place, plan in plans.items()}
        ended |= zip(sent, send(self._api, list(sent.values()), self._settings.graph_size, self._by), strict=True)
        ids = [whole_id(one) for one in ended.values() if isinstance(one, str)]
        found = self._reader.fetch(ids) if ids else {}
        shown = {} if isinstance(found, Trouble) else found
        answers: dict[int, Answer] = {}
        for place, one in ended.items():
            now = shown.get(whole_id(one)) if isinstance(one, str) else None
            answers[place] = _answer(plans[place], one)
            if isinstance(one, str) and isinstance(now, Observation):
                asked = _asked_id(plans[place]) or now.external_id
                answers[place] = Stored(asked, replace(now, external_id=asked, source=Source.ANSWER))
        return answers

    def _prices(self, plans: Iterable[_Plan]) -> Prices | Trouble:
        children = self._subject.given.children
        if children is None or not children.priced:
            return Prices()
        new = [body for plan in plans for body, child in self._parts(plan) if child is None and body is not None]
        products = [str(body[PRODUCT]) for body in new if body.get(PRODUCT)]
        return prices_of(self._api, products, self._settings.price_book) if products else Prices()

    def _graph(self, plan: _Plan, prices: Prices) -> Graph:
        given = self._subject.given
        graph = Graph(self._api.session.root, plan.external_id, plan.hide)
        if not plan.external_id:
            book = {BOOK: prices.book} if prices.book else {}
            graph.add("POST", given.type, {**book, **plan.own}, ref=OWN)
        elif plan.own:
            graph.add("PATCH", given.type, plan.own, of=plan.external_id, ref=OWN)
        children = given.children
        if children is not None:
            for at, (body, child) in enumerate(self._parts(plan)):
                self._add_part(graph, children, f"part{at}", body, child, prices)
        if plan.last:
            graph.add("PATCH", given.type, plan.last, of=graph.own_id, ref="end")
        return graph

    def _add_part(
        self, graph: Graph, children: Children, ref: str, body: dict[str, Any] | None, child: str | None, prices: Prices
    ) -> None:
        """Add the step that makes, changes or takes out one element; without a body it is taken out."""
        if child is None and body is not None:
            entry = prices.entry(str(body.get(PRODUCT))) if children.priced else None
            named = {ENTRY: entry} if entry else {PRODUCT: body[PRODUCT]} if PRODUCT in body else {}
            plain = {name: value for name, value in body.items() if name != PRODUCT}
            graph.add("POST", children.type, {**plain, **named, children.parent: graph.own_id}, ref=ref)
        elif child is not None and body is None and children.remove == "delete":
            graph.add("DELETE", children.type, of=child, ref=ref)
        elif child is not None and body is None:
            graph.add("PATCH", children.type, {children.parent: None}, of=child, ref=ref)
        elif child is not None and body:
            graph.add("PATCH", children.type, body, of=child, ref=ref)

    def _parts(self, plan: _Plan) -> list[tuple[dict[str, Any] | None, str | None]]:
        """Return the changed elements: the body (none where it is taken out), and the id if it has one."""
        known = plan.command.elements if isinstance(plan.command, Update) else {}
        return [
            (None if values.get("") is False else self._child(values), known.get(key))
            for key, values in plan.elements.items()
        ]

    def _child(self, values: Mapping[str, Value]) -> dict[str, Any]:
        collection = self._subject.mapping.collection(self._subject.collection)
        body = element_body(self._subject.entity, collection, values, self._subject.habits) if collection else {}
        children = self._subject.given.children
        is_person = children is not None and children.type == "Contact"
        return _with_name_in_two(body) if is_person else body

    def _archive(self, commands: Mapping[int, Archive]) -> dict[int, Answer]:
        """End records: by the values that do so here, else by deleting them. One that is deleted already has ended."""
        answers: dict[int, Answer] = {}
        given = self._subject.given
        places = list(commands)
        for start in range(0, len(places), self._settings.batch_size):
            some = places[start : start + self._settings.batch_size]
            ids = [whole_id(commands[place].external_id) for place in some]
            if given.archive:
                kind = {"attributes": {"type": given.type}}
                items = [Item({**kind, "Id": each, **given.archive}, is_known=True) for each in ids]
                ended = self._api.collection("PATCH", "", items)
            else:
                ended = self._api.deleted(ids)
            for place, one in zip(some, ended, strict=True):
                is_done = isinstance(one, str) or (isinstance(one, Trouble) and one.code == _GONE)
                answers[place] = Accepted(commands[place].external_id) if is_done else _failed(one)
        return answers


def _asked_id(plan: _Plan) -> str:
    return plan.command.external_id if isinstance(plan.command, Update) else ""


def _answer(plan: _Plan, result: Result) -> Answer:
    return Accepted(_asked_id(plan) or whole_id(result)) if isinstance(result, str) else _failed(result)


def _failed(result: Result) -> Answer:
    if isinstance(result, Unsure):
        return Unknown(result.reason)
    return Refused(result) if isinstance(result, Trouble) else Unknown("unreadable")


def _elements(fields: Mapping[str, Value]) -> dict[str, dict[str, Value]]:
    """Return the changed elements by our key; whether one is there stands under no name."""
    found: dict[str, dict[str, Value]] = {}
    for path, value in fields.items():
        element = element_of(path)
        if element is not None:
            found.setdefault(element.key, {})[element.field] = value
    return found


def _with_name_in_two(body: dict[str, Any]) -> dict[str, Any]:
    """Return a contact's body with first and last name: Salesforce makes the whole name of them itself."""
    if "Name" not in body:
        return body
    first, _, last = str(body.pop("Name") or "").strip().rpartition(" ")
    return {"FirstName": first or None, "LastName": last, **body}
