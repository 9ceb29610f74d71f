"""What `make up` needs to know before anything starts: a right integration.toml and what the secrets hold."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.connectors.catalog import CONNECTORS
from shared.connectors.integration import load

VARIABLE_PREFIX = "TANDEM_SECRET_"


class BadStart(ValueError):
    """Something is missing or wrong; the text says what and what to do, a line for each."""


@dataclass(frozen=True, slots=True)
class Needed:
    """A secret: a system that uses it, and the keys without which that system cannot be called."""

    system: str
    keys: tuple[str, ...] = ()


def needed_secrets(config: Path) -> dict[str, Needed]:
    """The secrets that the file names, with what all systems that use one need of it.

    Raises shared.connectors.configuration_problems.BadIntegration (file, line, remedy) for a file with mistakes.
    """
    needed: dict[str, Needed] = {}
    for system, each in load(config).connections.items():
        if each.secret:
            before = needed.get(each.secret, Needed(system))
            keys = (*before.keys, *CONNECTORS[each.connector].credentials(each.settings))
            needed[each.secret] = Needed(before.system, tuple(dict.fromkeys(keys)))
    return needed


def secrets_from(variables: Mapping[str, str], needed: Mapping[str, Needed]) -> dict[str, dict[str, str]]:
    """The content of each needed secret from `TANDEM_SECRET_<NAME>`; raises BadStart naming all that is missing."""
    found: dict[str, dict[str, str]] = {}
    complaints: list[str] = []
    for secret, need in needed.items():
        name = variable_of(secret)
        content = _parsed(variables.get(name))
        wrong = _wrong(content, need.keys, is_set=name in variables)
        if content is None or wrong:
            remedy = f"export {name}='{_example(need.keys)}', with webhook_secret if it sends signed webhooks"
            complaints.append(f"{name} {wrong} - system {need.system} needs it: {remedy}")
        else:
            found[secret] = content
    if complaints:
        raise BadStart("\n".join(complaints))
    return found


def variable_of(secret: str) -> str:
    """The environment variable of a secret: `my-crm` is in TANDEM_SECRET_MY_CRM."""
    return VARIABLE_PREFIX + secret.upper().replace("-", "_")


def _parsed(text: str | None) -> dict[str, str] | None:
    try:
        content = json.loads(text or "")
    except ValueError:
        return None
    is_right = isinstance(content, dict) and all(isinstance(each, str) for each in content.values())
    return content if is_right else None


def _wrong(content: Mapping[str, str] | None, keys: Iterable[str], *, is_set: bool) -> str:
    if content is None:
        return "is not JSON text of an object of texts" if is_set else "is not set"
    lacking = [key for key in keys if not content.get(key)]
    return f"has no {' and no '.join(lacking)}" if lacking else ""


def _example(keys: Iterable[str]) -> str:
    return json.dumps(dict.fromkeys(tuple(keys) or ("token",), "…"), ensure_ascii=False)
