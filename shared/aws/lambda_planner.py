"""Plans asked for from elsewhere: made by the function PlanChanges, whose role allows no write."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ReadTimeoutError

from shared.aws.clients import Clients
from shared.aws.failures import explained
from shared.core.errors import NeedsAPerson


class LambdaPlanner:
    """Makes plans by invoking the function that may write nothing."""

    def __init__(self, clients: Clients, function: str) -> None:
        """Make no call yet."""
        self._clients, self._function = clients, function

    def make(self, wanted: Mapping[str, Any], within_seconds: float) -> Mapping[str, Any] | None:
        """Return the plan; nothing if it takes longer. Raises `NeedsAPerson` if the function failed."""
        client = self._clients.functions_within(within_seconds)
        with explained("make a plan"):
            try:
                answer = client.invoke(FunctionName=self._function, Payload=json.dumps(wanted).encode())
            except ReadTimeoutError:
                return None
        body = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            raise NeedsAPerson(f"PlanChanges failed: {body.get('errorMessage', 'its log group tells more')}")
        found: Mapping[str, Any] = body
        return found
