"""Run inside `.venvs/tryton`, never imported: serves what its arguments name, and ends when whoever started it is gone.

    python -P serve.py --listen=127.0.0.1:PORT trytond.application:app

Its standard input is a pipe that the starter holds open: when that closes, however the starter ended, so does this.
"""

import os
import pkgutil
import sys
import threading

from waitress import runner  # stands in Tryton's environment, not in ours


def end_with_starter() -> None:
    """Wait until the pipe closes and end the whole process at once."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    pkgutil.resolve_name(sys.argv[-1])  # the application is loaded first: it refuses to begin beside another thread
    threading.Thread(target=end_with_starter, daemon=True).start()
    sys.exit(runner.run())
