"""The catalog: names for nothing, capabilities when they are asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import BaseModel

from shared.connectors.catalog import CONNECTORS

LOOK = """
import sys
from shared.connectors.catalog import CONNECTORS
assert "rest" in CONNECTORS and "fax" not in CONNECTORS and len(CONNECTORS) == len(list(CONNECTORS))
print([name for name in sys.modules if name.startswith("shared.connectors.")])
"""


def test_asking_for_names_imports_no_connector() -> None:
    answer = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True, timeout=60)

    assert answer.stdout.strip() == "['shared.connectors.catalog']"


@pytest.mark.parametrize("name", list(CONNECTORS))
def test_a_connector_says_what_it_is_and_how_it_is_set_up(name: str) -> None:
    capabilities = CONNECTORS[name]

    assert capabilities.name == name
    assert issubclass(capabilities.settings, BaseModel)
    assert capabilities.title
    assert capabilities.why


def test_a_connector_that_does_not_exist_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        CONNECTORS["fax"]
