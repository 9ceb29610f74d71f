"""What `make up` needs to know before anything starts: a right integration.toml and every system's secret."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.connectors.integration import load

VARIABLE_PREFIX = "TANDEM_SECRET_"


class BadStart(ValueError):
    """Something is missing or wrong; the text says what and what to do, a line for each."""


def needed_secrets(config: Path) -> dict[str, str]:
    """The secrets that the file names, each with a system that uses it.

    Raises shared.connectors.configuration_problems.BadIntegration (file, line, remedy) for a file with mistakes.
    """
    connections = load(config).connections
    return {each.secret: system for system, each in connections.items() if each.secret}


def secrets_from(variables: Mapping[str, str], needed: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The content of each needed secret from `TANDEM_SECRET_<NAME>`; raises BadStart naming each missing one."""
    found: dict[str, dict[str, Any]] = {}
    complaints: list[str] = []
    for secret, system in needed.items():
        name = variable_of(secret)
        content = _parsed(variables.get(name))
        if content is None:
            state = "is not JSON text of an object" if name in variables else "is not set"
            example = '{"token": "…"} or {"username": "…", "password": "…"}, with "webhook_secret" if it sends webhooks'
            complaints.append(f"{name} {state} - system {system} needs it: export {name}='{example}'")
        else:
            found[secret] = content
    if complaints:
        raise BadStart("\n".join(complaints))
    return found


def variable_of(secret: str) -> str:
    """The environment variable of a secret: `my-crm` is in TANDEM_SECRET_MY_CRM."""
    return VARIABLE_PREFIX + secret.upper().replace("-", "_")


def _parsed(text: str | None) -> dict[str, Any] | None:
    try:
        content = json.loads(text or "")
    except ValueError:
        return None
    return content if isinstance(content, dict) else None
