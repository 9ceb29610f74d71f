"""The connectors that the simulation runs, by name."""

from __future__ import annotations

from collections.abc import Mapping

from tests.simulation.connectors.binding import Binding
from tests.simulation.connectors.espocrm import ESPOCRM
from tests.simulation.connectors.hubspot import HUBSPOT
from tests.simulation.connectors.odoo import ODOO
from tests.simulation.connectors.rest import REST
from tests.simulation.connectors.salesforce import SALESFORCE
from tests.simulation.connectors.tryton import TRYTON

BINDINGS: Mapping[str, Binding] = {each.name: each for each in (REST, HUBSPOT, SALESFORCE, ODOO, ESPOCRM, TRYTON)}
