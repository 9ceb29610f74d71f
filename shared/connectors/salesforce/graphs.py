"""Records with parts of their own as graphs: each is stored whole or not at all, and up to 500 steps go in one call.

A step names what it needs of an earlier one by `@{ref.id}`. In a graph that failed, the step that is to blame tells
why; the others only say that they were halted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from shared.connectors.salesforce.api import Api, Result, Row, Unsure
from shared.connectors.salesforce.faults import code_of, item_trouble
from shared.core.observations import Next, Trouble

OWN = "own"
MOST_GRAPHS = 75
_BYSTANDERS = ("PROCESSING_HALTED", "ALL_OR_NONE_OPERATION_ROLLED_BACK")


@dataclass(slots=True)
class Graph:
    """The steps of one record: `external_id` where it is known, `hide` what no message may show."""

    root: str
    external_id: str = ""
    hide: tuple[str, ...] = field(default=(), repr=False)
    steps: list[dict[str, Any]] = field(default_factory=list, repr=False)

    @property
    def own_id(self) -> str:
        """Return the record's id, or what stands for it until it has one."""
        return self.external_id or f"@{{{OWN}.id}}"

    def add(self, method: str, object_type: str, body: Row | None = None, of: str = "", ref: str = "") -> None:
        """Add a step: make a record of a type, or change or delete the one that is named."""
        place = of if of.startswith("@{") else quote(of, safe="")
        step = {
            "method": method,
            "url": f"{self.root}/sobjects/{object_type}{f'/{place}' if of else ''}",
            "referenceId": ref or f"step{len(self.steps)}",
        }
        self.steps.append(step | ({} if body is None else {"body": dict(body)}))


def send(api: Api, graphs: Sequence[Graph], size: int, reference: str) -> list[Result]:
    """Send graphs in as few calls as their sizes allow; one result per graph, same order."""
    ended: list[Result] = []
    for some in _parts(graphs, size):
        ended += _sent(api, some, reference)
    return ended


def _parts(graphs: Iterable[Graph], size: int) -> list[list[Graph]]:
    parts: list[list[Graph]] = []
    left = 0
    for graph in graphs:
        if not parts or len(graph.steps) > left or len(parts[-1]) >= MOST_GRAPHS:
            parts.append([])
            left = size
        parts[-1].append(graph)
        left -= len(graph.steps)
    return parts


def _sent(api: Api, graphs: Sequence[Graph], reference: str) -> list[Result]:
    body = {"graphs": [{"graphId": str(at), "compositeRequest": each.steps} for at, each in enumerate(graphs)]}
    answer = api.graphs(body, [text for each in graphs for text in each.hide])
    if isinstance(answer, Trouble) and answer.next is Next.PERMANENT and not answer.whole_system and len(graphs) > 1:
        middle = len(graphs) // 2
        return [*_sent(api, graphs[:middle], reference), *_sent(api, graphs[middle:], reference)]
    if isinstance(answer, Trouble | Unsure):
        return [answer] * len(graphs)
    told = answer.get("graphs")
    shown = (
        {str(each.get("graphId")): each for each in told if isinstance(each, Mapping)} if isinstance(told, list) else {}
    )
    return [_result(api, each, shown.get(str(at)), reference) for at, each in enumerate(graphs)]


def _result(api: Api, graph: Graph, shown: Row | None, reference: str) -> Result:
    if shown is None or not isinstance(shown.get("isSuccessful"), bool):
        return Unsure("the answer does not speak of this one")
    response = shown.get("graphResponse")
    told = response.get("compositeResponse") if isinstance(response, Mapping) else None
    steps = [each for each in told if isinstance(each, Mapping)] if isinstance(told, list) else []
    if shown["isSuccessful"] is True:
        made = next((each.get("body") for each in steps if each.get("referenceId") == OWN), None)
        new = str(made.get("id") or "") if isinstance(made, Mapping) else ""
        return graph.external_id or new or Unsure("the answer shows no id")
    hide = (*api.session.hidden(), *graph.hide)
    for step in steps:
        errors = step.get("body")
        error = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], Mapping) else None
        if error is not None and code_of(error) not in _BYSTANDERS:
            is_own = bool(graph.external_id) and step.get("referenceId") == OWN
            return item_trouble(error, hide, reference, is_known=is_own)
    return Trouble(Next.RETRYABLE, "graph-failed", "the answer does not tell which step failed")
