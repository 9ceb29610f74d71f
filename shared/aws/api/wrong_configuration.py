"""The refusal of an `integration.toml` that came with a request: each mistake with its line and remedy."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from shared.aws.api.problems import Mistake, Refusal
from shared.connectors.configuration_problems import Problem


def wrong_configuration(problems: Iterable[Problem]) -> Refusal:
    """Return the refusal."""
    return Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "the configuration has mistakes",
        "put right what `mistakes` lists; tandem check finds them too",
        [Mistake(where=f"body.config, line {each.line}", what=f"{each.what}: {each.remedy}") for each in problems],
    )
