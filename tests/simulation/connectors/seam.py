"""The seam between a history and its partners: simulated ones, and real connectors over fakes."""

from __future__ import annotations

from shared.ports.stores import States
from tests.simulation.connector import Connector
from tests.simulation.connectors.binding import ConnectedKind
from tests.simulation.connectors.hooks import PostedWebhooks
from tests.simulation.connectors.housed import HousedPartner
from tests.simulation.connectors.reached import Reached
from tests.simulation.kinds import Kind
from tests.simulation.partner import Partner
from tests.simulation.stage import Stage
from tests.simulation.truth import Truth
from tests.simulation.webhooks import SimWebhooks


def partner_of(name: str, kind: Kind, stage: Stage, truth: Truth, clock_offset: float) -> Partner:
    """Return the partner of a kind."""
    if isinstance(kind, ConnectedKind):
        return HousedPartner(name, kind, stage, truth, clock_offset)
    return Partner(name, kind, stage, truth, clock_offset)


def connector_of(partner: Partner, stage: Stage, states: States) -> Connector:
    """Return what the flows speak to a partner by."""
    return Reached(partner, stage, states) if isinstance(partner, HousedPartner) else Connector(partner, stage)


def webhooks_of(connector: Connector) -> SimWebhooks:
    """Return what a partner's webhooks are made and read by."""
    if isinstance(connector, Reached) and connector.house.binding.hooks is not None:
        return PostedWebhooks(
            connector.house.binding.hooks, lambda _: connector.secret, connector.partner.truth.violations.append
        )
    return SimWebhooks()
