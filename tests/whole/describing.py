"""What the tests write into integration.toml: systems described as anybody would describe them."""

from __future__ import annotations

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SAMPLE_CRM = (PROJECT / "local" / "demo" / "crm.toml").read_text(encoding="utf-8")
SHIPPED = (PROJECT / "integration.toml").read_text(encoding="utf-8")

_SIMPLEST = """
[systems.{name}]
connector = "rest"
side = "{side}"
base_url = "{url}"
[systems.{name}.entities.customer]
path = "/api/v1/customers"
can = ["list", "create"]
[systems.{name}.entities.customer.fields]
name = "name"
email = "email"
phone = "phone"
[systems.{name}.entities.order]
path = "/api/v1/orders"
can = ["list", "create"]
[systems.{name}.entities.order.fields]
customer = "customer_id -> customer"
status = {{ path = "status", values = {{ placed = "open" }} }}
total = "total"
"""


def sample_crm(name: str, side: str, url: str, **sizes: int) -> str:
    """Return the demo's description of the sample CRM, as a system of this name and side.

    `batch`, `read` and `page` are sizes; those of the demo where none is said. Nothing overlaps: what a poll has once
    queued comes by no later poll.
    """
    text = SAMPLE_CRM.replace("systems.crm", f"systems.{name}")
    for key, value in (("side", side), ("base_url", url), ("secret", name)):
        text = _said(text, key, f'"{value}"')
    for key, size in sizes.items():
        text = re.sub(rf"(?m)^({key} .*size = )\d+", rf"\g<1>{size}", text)
    return text.replace('auth      = "bearer"', 'auth      = "bearer"\noverlap_seconds = 0', 1)


def simplest(name: str, side: str, url: str) -> str:
    """Return the description of a system of the simplest kind: two lists that can be added to."""
    return _SIMPLEST.format(name=name, side=side, url=url)


def shipped(crm: str, erp: str) -> str:
    """Return the project's own integration.toml with these addresses, nothing overlapping."""
    text = re.sub(r"(?m)^overlap_seconds\s*=.*\n", "", SHIPPED)
    text = text.replace("http://127.0.0.1:9000", crm).replace("http://127.0.0.1:8000", erp)
    text = text.replace('auth      = "bearer"', 'auth      = "bearer"\noverlap_seconds = 0', 1)
    return text.replace('connector = "tryton"', 'connector = "tryton"\noverlap_seconds = 0', 1)


def written(folder: Path, *systems: str) -> Path:
    """Write an integration.toml of these parts."""
    path = folder / "integration.toml"
    path.write_text("\n".join(systems), encoding="utf-8")
    return path


def _said(text: str, key: str, value: str) -> str:
    found, changed = re.subn(rf"(?m)^({key}\s*=\s*)\S+", lambda match: match[1] + value, text, count=1)
    assert changed, f"the description says no {key}"
    return found
