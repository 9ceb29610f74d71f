"""A plan of what the next run would do: everything is read, nothing is written, and the role would not allow it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from shared.aws.invocation import Context
from shared.aws.planning import planned


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Answer the plan that an event asks for (`entities`, `whole`, `config`)."""
    return planned(event, context, os.environ)
