"""`python -m local.simple`: run the simple system on 127.0.0.1; prints one line of JSON when it is ready."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from local.crm.serving import serve
from local.simple.app import build_app


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the options, serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m local.simple", description=main.__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--token", default=os.environ.get("SIMPLE_TOKEN", ""), help="bearer token; none: all may enter")
    parser.add_argument("--ends-with-stdin", action="store_true", help="stop when standard input closes")
    options = parser.parse_args(arguments)
    serve(build_app(options.token), options.port, ends_with_stdin=options.ends_with_stdin)


if __name__ == "__main__":
    main()
