"""One boto3 session for all tests: reading the descriptions of the services is most of what a client costs."""

from __future__ import annotations

from functools import cache

import boto3

from shared.aws.clients import Clients


def fresh_clients() -> Clients:
    """Return clients of nobody's account; inside `mock_aws` they see what stands there."""
    return Clients(_session())


@cache
def _session() -> boto3.session.Session:
    return boto3.session.Session("testing", "testing", region_name="eu-central-1")
