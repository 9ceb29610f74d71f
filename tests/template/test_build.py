"""What `sam build` packs, what the locks hold, and that samconfig.toml fits the template."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from local.stack.template import read_template

ROOT = Path(__file__).resolve().parents[2]
LOCKS = [ROOT / "shared" / "dependencies" / "requirements.txt", *sorted((ROOT / "requirements").glob("*.txt"))]


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A function's package, as the build makes it for a Python that is not here."""
    folder = tmp_path_factory.mktemp("packed")
    environment = {**os.environ, "ARCH": "arm64", "PY": "3.99"}
    subprocess.run([ROOT / ".ci" / "pack", "function", folder], env=environment, check=True, timeout=60)
    return folder


def test_a_function_is_packed_with_our_code_and_the_integration_file_only(packed: Path) -> None:
    assert {each.name for each in packed.iterdir()} == {"functions", "shared", "integration.toml"}
    assert not (packed / "shared" / "dependencies").exists()
    assert not list(packed.rglob("__pycache__"))


def test_every_handler_of_the_template_is_in_the_package(packed: Path) -> None:
    resources = read_template(ROOT / "template.yaml")["Resources"].values()
    handlers = [each["Properties"]["Handler"] for each in resources if each["Type"] == "AWS::Serverless::Function"]

    assert handlers
    for handler in handlers:
        module, function = handler.rsplit(".", 1)
        assert f"def {function}(" in (packed / (module.replace(".", "/") + ".py")).read_text(encoding="utf-8")


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_samconfig_sets_only_parameters_that_the_template_has(stage: str) -> None:
    settings = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))[stage]["deploy"]["parameters"]
    parameters = read_template(ROOT / "template.yaml")["Parameters"]

    overrides = dict(each.split("=", 1) for each in settings["parameter_overrides"])

    assert overrides["Stage"] == stage
    for name, value in overrides.items():
        assert value in map(str, parameters[name].get("AllowedValues", [value]))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.relative_to(ROOT).as_posix())
def test_a_lock_pins_every_package_by_hash_and_names_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")

    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash=sha256:)", text, re.MULTILINE)
    for pin in re.split(r"\n(?=\S)", text):
        assert pin.startswith("#") or ("==" in pin and "--hash=sha256:" in pin)


def test_tests_run_with_the_very_versions_that_are_deployed() -> None:
    layer, tests = _pins(LOCKS[0]), _pins(ROOT / "requirements" / "dev.txt")

    assert layer.items() <= tests.items()


def _pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE))
