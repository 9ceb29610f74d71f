"""`python -m local.crm`: run the sample CRM on 127.0.0.1; prints one line of JSON when it is ready."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from local.crm.app import RETRY_SECONDS, Settings, build_app
from local.crm.serving import serve
from local.crm.signing import is_secret


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the options, serve until SIGTERM."""
    options = _parser().parse_args(arguments)
    if options.webhook_secret is not None and not is_secret(options.webhook_secret):
        raise SystemExit("--webhook-secret: whsec_ and base64 of 24 to 64 bytes is wanted")
    settings = Settings(
        database=options.database,
        token=options.token,
        webhook_url=options.webhook_url,
        webhook_secret=options.webhook_secret,
        webhook_retry_seconds=tuple(options.webhook_retries),
    )
    serve(build_app(settings), options.port, ends_with_stdin=options.ends_with_stdin)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.crm", description=main.__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--database", default=":memory:", help="a file of SQLite, or :memory:")
    parser.add_argument("--token", default=os.environ.get("CRM_TOKEN", ""), help="bearer token; none: all may enter")
    parser.add_argument("--webhook-url", default="", help="is told of every event")
    parser.add_argument("--webhook-secret", default=os.environ.get("CRM_WEBHOOK_SECRET"), help="whsec_…")
    parser.add_argument(
        "--webhook-retries",
        type=_seconds,
        default=RETRY_SECONDS,
        metavar="S,S,…",
        help="waits before each next attempt",
    )
    parser.add_argument("--ends-with-stdin", action="store_true", help="stop when standard input closes")
    return parser


def _seconds(text: str) -> tuple[float, ...]:
    return tuple(float(each) for each in text.split(",") if each)


if __name__ == "__main__":
    main()
