"""What `sam local invoke` needs so that a built function in a container sees the stack that runs on this machine.

SAM gives a container only variables that the template declares (their values from the shell or from --env-vars), and
of AWS's own ones region and credentials, but never an endpoint. The template that is deployed declares none, and
should not: a deployed function has no business with another AWS. So `make build` lays a second template beside the
built one, alike but for `VARIABLES`, and a running stack writes the values of everything that the functions are told.

A container reaches this machine by the name host.docker.internal where Docker Desktop runs, which leads to 127.0.0.1.
On Linux it reaches the address of Docker's bridge, where the stack listens if it is told to (`--containers`); SAM's
`--docker-network host` does nothing (samcli 1.170, `Container.create`).

`python -m local.stack.local_invoke .aws-sam/build/template.yaml` writes the second template.
"""

import copy
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.stack.deployment import Deployment
from local.stack.names import ACCESS_KEY, REGION, SECRET_KEY
from local.stack.template import Template, read_template

ENVIRONMENT_FILE = Path(__file__).resolve().parents[2] / ".tandem" / "sam.json"
TEMPLATE_NAME = "local.json"
HOST = "host.docker.internal"

VARIABLES = (
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
)
"""Declared beyond what is deployed. Region and credentials too: the caller's own have no place in the stand-in."""


def declaring(built: Template) -> Template:
    """The same template, whose functions also declare `VARIABLES`, empty."""
    local = copy.deepcopy(built)
    environment = local["Globals"]["Function"].setdefault("Environment", {}).setdefault("Variables", {})
    environment |= dict.fromkeys(VARIABLES, "")
    return local


def environments(deployment: Deployment, endpoint: str) -> dict[str, dict[str, str]]:
    """Per logical id what the deployed function is told, and where its AWS is: the content of --env-vars.

    Which integration.toml to read is not among it: a container holds the one that was built.
    """
    own = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_SESSION_TOKEN": "local",
    }
    functions = deployment.of_type("AWS::Lambda::Function")
    return {each.logical_id: {**_declared(each.properties), **own} for each in functions}


def _declared(properties: Mapping[str, Any]) -> dict[str, str]:
    variables: Mapping[str, Any] = properties.get("Environment", {}).get("Variables", {})
    return {name: str(value) for name, value in variables.items() if name != "TANDEM_INTEGRATION"}


def main(built: str) -> None:
    """Writes the second template beside the built one, since its paths lead from there."""
    path = Path(built)
    text = json.dumps(declaring(read_template(path)), indent=1)
    path.with_name(TEMPLATE_NAME).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
