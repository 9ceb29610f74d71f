"""EspoCRM and another partner kept in step by the real flows, over real sockets: the kit's fakes as two partners."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from shared.connectors import espocrm
from shared.connectors.integration import load
from shared.ports.system import System, Webhooks
from tests.connectors.fakes.base import Asked, Fake, Given, serving
from tests.connectors.fakes.espocrm import EspoFake
from tests.kit.world import World

Other = TypeVar("Other", bound=Fake)

CRM = """
[systems.crm]
connector = "espocrm"
side = "crm"
base_url = "{crm}"
[systems.crm.entities.customer]
versioned = true
[systems.crm.entities.product]
[systems.crm.entities.order]
versioned = true
children = {{ type = "CSalesOrderLine", parent = "salesOrderId" }}
"""


class Connected:
    """The systems of an installation by name."""

    def __init__(self, systems: Mapping[str, System]) -> None:
        self.systems = systems

    def system(self, name: str) -> System:
        """Return a system."""
        return self.systems[name]

    def webhooks(self, name: str) -> Webhooks | None:
        """Return that a system sends none."""
        assert name in self.systems
        return None


class Forgetful(Fake):
    """A partner that loses the answer to the first write at each address, if it is told to; laid over its fake."""

    loses = False
    applies = False

    def __init__(self) -> None:
        super().__init__()
        self.lost: list[str] = []

    def may_be_lost(self, asked: Asked) -> bool:
        """Tell whether a request is a write whose answer can be lost."""
        raise NotImplementedError

    def answer(self, asked: Asked) -> Given:
        """Answer a request, or hang up."""
        if self.loses and self.may_be_lost(asked) and asked.path not in self.lost:
            self.lost.append(asked.path)
            self.next_replies.append(Given(applies=self.applies, hangs_up=True))
        return super().answer(asked)


@dataclass
class Pair(Generic[Other]):
    """Both partners, and the world that keeps them in step. `is_write` tells the other's writes from its reads."""

    espo: EspoFake
    other: Other
    world: World
    is_write: Callable[[Asked], bool]

    def sync(self, rounds: int = 3) -> None:
        """Poll until everything has gone both ways."""
        for _ in range(rounds):
            self.world.poll().later(200, 2)
        self.world.poll()

    def writes(self) -> int:
        """Return how many writes both partners have seen."""
        return len(self.espo.writes()) + len([each for each in self.other.log if self.is_write(each)])


@contextmanager
def in_step(
    folder: Path,
    other: Other,
    text: str,
    connect: Callable[[Any], System],
    is_write: Callable[[Asked], bool],
) -> Iterator[Pair[Other]]:
    """Run EspoCRM and another partner, described by `text` with its address at `{url}`; in the end nobody complains."""
    espo = EspoFake()
    with ExitStack() as stack:
        for fake in (espo, other):
            stack.enter_context(serving(fake))
        path = folder / "integration.toml"
        path.write_text(CRM.format(crm=espo.url) + text.format(url=other.url))
        installation = load(path)
        (name,) = installation.connections.keys() - {"crm"}
        given: Any = {name: each.settings for name, each in installation.connections.items()}
        crm = espocrm.connect(given["crm"], lambda _name: {"api_key": "a-live-credential"})
        systems: dict[str, Any] = {"crm": crm, name: connect(given[name])}
        for system in systems.values():
            stack.callback(system.close)
        world = World(installation.integration)
        world.parts = replace(world.parts, systems=Connected(systems))
        yield Pair(espo, other, world, is_write)
    assert (espo.problems, other.problems) == ([], [])


def an_order(espo: EspoFake) -> tuple[str, str]:
    """Enter an order with all that belongs to it; return its id and that of its only line."""
    account = espo.enter("Account", name="Initech", phoneNumber="+1 512 555 0100", billingAddressCity="Austin")
    espo.enter("Contact", firstName="Bill", lastName="Lumbergh", emailAddress="bill@initech.example", accountId=account)
    product = espo.enter("CProduct", name="Tea", sku="TEA", price=18.5)
    order = espo.enter("CSalesOrder", name="SO", orderNumber="SO-77", accountId=account, status="Placed", amount=37)
    return order, espo.enter("CSalesOrderLine", salesOrderId=order, productId=product, quantity=2, unitPrice=18.5)
