"""Keeps warm what a new function would load again: botocore's data files, once per process instead of per function.

On Lambda each function has a process of its own. Here eight functions share one, and each makes its own clients: the
same files of 10 MB would be read and parsed for each of them, 0.3 s a function.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from boto3.session import Session
from botocore.loaders import JSONFileLoader
from moto.core.models import responses_mock

from local.stack.names import ACCESS_KEY, REGION, SECRET_KEY

_SERVICES = ("dynamodb", "dynamodbstreams", "sqs", "events", "secretsmanager", "kms", "lambda")

_files: dict[str, Any] = {}
_loading = threading.Lock()
_load_file = JSONFileLoader.load_file


@contextmanager
def shared_files() -> Iterator[None]:
    """Until the end of the block each data file of botocore is parsed once; those that functions need are there."""
    JSONFileLoader.load_file = _load_once  # type: ignore[method-assign, assignment]  # botocore has no other place for a cache
    try:
        if not _files:
            _warm_up()
        yield
    finally:
        JSONFileLoader.load_file = _load_file  # type: ignore[method-assign]


@contextmanager
def forgotten_wiring() -> Iterator[None]:
    """At the end of the block the application forgets its clients, as functions do that are gone."""
    try:
        yield
    finally:
        wiring: Any = sys.modules.get("shared.aws.wiring")
        if wiring is not None:
            wiring.forget()


@contextmanager
def plain_requests() -> Iterator[None]:
    """Until the end of the block `requests` goes straight to the network.

    moto looks at every call of `requests` in case it goes to AWS, a millisecond each; here only boto3 talks to AWS.
    """
    responses_mock.stop(allow_assert=False)
    try:
        yield
    finally:
        responses_mock.start()


def _load_once(loader: JSONFileLoader, file_path: str) -> Any:
    with _loading:
        if file_path not in _files:
            _files[file_path] = _load_file(loader, file_path)
        return _files[file_path]


def _warm_up() -> None:
    session = Session(ACCESS_KEY, SECRET_KEY, region_name=REGION)
    make: Any = session.client
    for service in _SERVICES:
        make(service)
