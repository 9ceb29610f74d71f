"""The connectors that the simulation runs, by name."""

from __future__ import annotations

from collections.abc import Mapping

from tests.simulation.connectors.binding import Binding
from tests.simulation.connectors.espocrm import ESPOCRM
from tests.simulation.connectors.hubspot import HUBSPOT
from tests.simulation.connectors.rest import REST

BINDINGS: Mapping[str, Binding] = {each.name: each for each in (REST, ESPOCRM, HUBSPOT)}
