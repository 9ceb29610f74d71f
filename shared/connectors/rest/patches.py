"""How a partial update is written: as plain JSON, as a merge patch (RFC 7386), or as a JSON patch (RFC 6902).

A JSON patch of ours only adds: `add` replaces a member that is there (§4.1), so it needs no look at the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.connectors.rest.sending import Sending
from shared.connectors.rest.settings import EntitySettings

_MEDIA = {"merge": "application/merge-patch+json", "json": "application/json-patch+json"}


def styled(given: EntitySettings, sending: Sending) -> tuple[Any, Mapping[str, str]]:
    """Return the body of a write and the header that names its kind; no header where it is plain JSON."""
    media = _MEDIA.get(given.patch)
    if media is None or sending.op != "update" or sending.method != "PATCH":
        return sending.fields, {}
    content = _steps(sending.fields) if given.patch == "json" else sending.fields
    return content, {"Content-Type": media}


def _steps(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"op": "add", "path": f"/{_escaped(name)}", "value": value} for name, value in fields.items()]


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
