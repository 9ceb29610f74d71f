"""The Tryton connector: a real ERP over its own JSON-RPC, hand-written over one HTTP session. Tryton 7.x.

What a newcomer should know, all measured on a running 7.8:
- Every business error is HTTP 200 with an `error`; an impossible transition answers null and does nothing (`faults`,
  `order_writer`).
- A batch is one transaction: one refused record refuses all, so refused batches are halved (`writing`).
- Changing a party's address or a sale's line does not stamp the party or the sale; removing one stamps nothing
  (`stamps`, `reading`).
- There are no webhooks: it is polled, and `write_date` is null until the first change.
- `sale.reference` is not unique, `party.code` is; our record id stands in an identifier or a note.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.connectors.http_secrets import ReadSecret, Secrets
from shared.connectors.tryton.capabilities import entities
from shared.connectors.tryton.settings import TrytonSettings
from shared.ports.capabilities import Capabilities
from shared.ports.clock import Clock
from shared.ports.tokens import Tokens

if TYPE_CHECKING:
    from requests.adapters import BaseAdapter

    from shared.connectors.tryton.system import TrytonSystem

__all__ = ["CAPABILITIES", "TrytonSettings", "connect"]

CAPABILITIES = Capabilities(
    name="tryton",
    title="Tryton ERP 7.x",
    settings=TrytonSettings,
    entities=entities,
    webhooks="none: Tryton is polled",
    quota="none; wrong passwords lock a login out for a while",
    why="JSON-RPC is what Tryton's own clients use: every model, bulk calls in one transaction, and a lock per record",
    cannot=(
        "customer: status (Tryton knows active and inactive only), credit limit (module account_credit_limit)",
        "customer: address roles other than billing and shipping",
        "customer: two contacts of one name, who would be one person in Tryton: the second is held, not sent",
        "customer: a region that is no subdivision of its country in Tryton is not stored; name it under `regions`",
        "order: units of lines (quantities are in the product's own unit), tax and total (Tryton computes them)",
        "order: changes of lines once it is confirmed; cancelling it once it is processed",
        "stock: an as-of time (Tryton computes quantities when asked)",
        "records that are deleted, and addresses, contacts and lines that are removed, are seen by reconcile only",
    ),
    credentials=lambda _: ("username", "password"),
)


def connect(
    settings: TrytonSettings,
    read_secret: ReadSecret,
    tokens: Tokens,
    clock: Clock,
    deadline: Callable[[], float] | None = None,
    transport: BaseAdapter | None = None,
) -> TrytonSystem:
    """Return the system of these settings. `deadline` returns the seconds that this invocation has left;
    `transport` carries the calls instead of sockets."""
    from shared.connectors.http import Http, Timeouts
    from shared.connectors.tryton.system import TrytonSystem

    timeouts = Timeouts(read_seconds=settings.read_seconds, whole_seconds=settings.read_seconds + 5)
    secrets = Secrets(settings.secret, read_secret)
    return TrytonSystem(
        settings,
        Http(settings.base_url, secrets, timeouts=timeouts, deadline=deadline, transport=transport),
        tokens,
        clock,
    )
