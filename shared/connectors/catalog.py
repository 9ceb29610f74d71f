"""The connectors that Tandem ships, by the name that `connector = "…"` says; each is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from types import MappingProxyType

from shared.ports.capabilities import Capabilities

_MODULES: Mapping[str, str] = MappingProxyType(
    {
        "rest": "shared.connectors.rest",
        "tryton": "shared.connectors.tryton",
        "espocrm": "shared.connectors.espocrm",
        "hubspot": "shared.connectors.hubspot",
        "salesforce": "shared.connectors.salesforce",
        "odoo": "shared.connectors.odoo",
        "push": "shared.connectors.push",
    }
)


class _Catalog(Mapping[str, Capabilities]):
    """Name → capabilities. Asking whether a name is there, or for all names, imports nothing."""

    def __getitem__(self, name: str) -> Capabilities:
        capabilities: Capabilities = import_module(_MODULES[name]).CAPABILITIES
        return capabilities

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)

    def __contains__(self, name: object) -> bool:
        return name in _MODULES


CONNECTORS: Mapping[str, Capabilities] = _Catalog()
