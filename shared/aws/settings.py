"""What a function is told by its environment: read at the invocation, checked as a whole, never at import.

`NEEDS` says which variables each function needs; the template gives it exactly those. A missing one is an error that
names variable and remedy, before anything is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shared.core.errors import BadSettings

_EVERYWHERE = ("TANDEM_INTEGRATION", "POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL")
_RECORDS = ("TANDEM_RECORDS_TABLE", "TANDEM_IDENTITIES_TABLE")
_CALLS = ("TANDEM_STATE_TABLE", "TANDEM_SECRET_PREFIX", "TANDEM_TOKEN_KEY")

NEEDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "receive_webhook": (
            *_EVERYWHERE,
            "TANDEM_IDEMPOTENCY_TABLE",
            "TANDEM_CHANGES_QUEUE",
            "TANDEM_SECRET_PREFIX",
        ),
        "poll_changes": (*_EVERYWHERE, *_RECORDS, *_CALLS, "TANDEM_POLLS_QUEUE", "TANDEM_CHANGES_QUEUE"),
        "absorb_changes": (
            *_EVERYWHERE,
            *_RECORDS,
            *_CALLS,
            "TANDEM_CONFLICTS_TABLE",
            "TANDEM_CHANGES_QUEUE",
            "TANDEM_DELIVERIES_QUEUE",
        ),
        "fan_out": (
            *_EVERYWHERE,
            "TANDEM_RECORDS_TABLE",
            "TANDEM_LEDGER_TABLE",
            "TANDEM_STATE_TABLE",
            "TANDEM_DELIVERIES_QUEUE",
            "TANDEM_EVENT_BUS",
        ),
        "deliver_changes": (
            *_EVERYWHERE,
            *_RECORDS,
            *_CALLS,
            "TANDEM_CONFLICTS_TABLE",
            "TANDEM_DELIVERIES_QUEUE",
            "TANDEM_CHANGES_QUEUE",
        ),
        "sweep_overdue": (
            *_EVERYWHERE,
            *_RECORDS,
            "TANDEM_CONFLICTS_TABLE",
            "TANDEM_STATE_TABLE",
            "TANDEM_DELIVERIES_QUEUE",
            "TANDEM_CHANGES_QUEUE",
        ),
        "reconcile": (
            *_EVERYWHERE,
            *_RECORDS,
            *_CALLS,
            "TANDEM_RECONCILE_QUEUE",
            "TANDEM_CHANGES_QUEUE",
            "TANDEM_DELIVERIES_QUEUE",
        ),
        "watch_stock": (
            *_EVERYWHERE,
            "TANDEM_RECORDS_TABLE",
            "TANDEM_CONFLICTS_TABLE",
            "TANDEM_STATE_TABLE",
            "TANDEM_STOCK_TOPIC",
        ),
        "plan_changes": (*_EVERYWHERE, *_RECORDS, *_CALLS),
        "serve_api": (
            *_EVERYWHERE,
            *_RECORDS,
            *_CALLS,
            "TANDEM_CONFLICTS_TABLE",
            "TANDEM_LEDGER_TABLE",
            "TANDEM_CHANGES_QUEUE",
            "TANDEM_DELIVERIES_QUEUE",
            "TANDEM_POLLS_QUEUE",
            "TANDEM_RECONCILE_QUEUE",
            "TANDEM_WATCH_QUEUE",
            "TANDEM_IDEMPOTENCY_TABLE",
            "TANDEM_CHANGES_DEAD_LETTERS",
            "TANDEM_DELIVERIES_DEAD_LETTERS",
            "TANDEM_POLLS_DEAD_LETTERS",
            "TANDEM_RECONCILE_DEAD_LETTERS",
            "TANDEM_WATCH_DEAD_LETTERS",
            "TANDEM_HINT_DEAD_LETTERS",
            "TANDEM_SCHEDULE_DEAD_LETTERS",
            "TANDEM_STREAM_DEAD_LETTERS",
            "TANDEM_POLL_CHANGES_FUNCTION",
            "TANDEM_SWEEP_OVERDUE_FUNCTION",
            "TANDEM_RECONCILE_FUNCTION",
            "TANDEM_WATCH_STOCK_FUNCTION",
            "TANDEM_FAN_OUT_FUNCTION",
            "TANDEM_PLAN_FUNCTION",
            "TANDEM_API_TRUST",
        ),
    }
)
"""The environment variables that each function needs, by the name of its folder."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The variables of one function, by name without `TANDEM_` and in lower case; those it does not need are empty."""

    function: str
    integration: str = ""
    records_table: str = ""
    identities_table: str = ""
    conflicts_table: str = ""
    ledger_table: str = ""
    state_table: str = ""
    idempotency_table: str = ""
    changes_queue: str = ""
    deliveries_queue: str = ""
    polls_queue: str = ""
    reconcile_queue: str = ""
    watch_queue: str = ""
    changes_dead_letters: str = ""
    deliveries_dead_letters: str = ""
    polls_dead_letters: str = ""
    reconcile_dead_letters: str = ""
    watch_dead_letters: str = ""
    hint_dead_letters: str = ""
    schedule_dead_letters: str = ""
    stream_dead_letters: str = ""
    poll_changes_function: str = ""
    sweep_overdue_function: str = ""
    reconcile_function: str = ""
    watch_stock_function: str = ""
    fan_out_function: str = ""
    event_bus: str = ""
    stock_topic: str = ""
    plan_function: str = ""
    api_trust: str = ""
    token_key: str = ""
    secret_prefix: str = ""
    powertools_service_name: str = ""
    powertools_metrics_namespace: str = ""
    powertools_log_level: str = ""


def read_settings(function: str, environ: Mapping[str, str]) -> Settings:
    """Return a function's settings; raise `BadSettings` that names all variables that are missing."""
    missing = [name for name in NEEDS[function] if not environ.get(name)]
    if missing:
        names = ", ".join(missing)
        raise BadSettings(f"{names} is not set", function, "add it to the function's Environment in template.yaml")
    return Settings(function, **{_attribute(name): environ[name] for name in NEEDS[function]})


def _attribute(variable: str) -> str:
    return variable.removeprefix("TANDEM_").lower()
