"""`sam`, up to where it would start a container: prints what it would run there as one line of JSON instead.

Runs on the SAM CLI's own Python. Everything before that is SAM's: options, samconfig.toml, template, variables, event.
"""

import json
import sys
from typing import Any
from unittest.mock import MagicMock

from samcli.cli.main import cli
from samcli.local.docker.container_client_factory import ContainerClientFactory
from samcli.local.lambdafn.runtime import LambdaRuntime


def invoke(_self: LambdaRuntime, function: Any, event: str, *_rest: Any, **_more: Any) -> None:
    """Takes the place of `LambdaRuntime.invoke`, which would pull an image and start a container."""
    told = {
        "function": function.name,
        "code": function.code_abs_path,
        "layers": [layer.codeuri for layer in function.layers],
        "handler": function.handler,
        "variables": function.env_vars.resolve(),
        "event": json.loads(event),
    }
    print(json.dumps(told))


LambdaRuntime.invoke = invoke
ContainerClientFactory.create_client = MagicMock  # a Docker of which nothing is asked
sys.argv[0] = "sam"
cli()
