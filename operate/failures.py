"""Why a verb could not do its work, and what to do next."""

from __future__ import annotations

DONE, FAILED, USAGE, NOT_SETTLED = 0, 1, 2, 3
"""The exit codes: done; failed; wrong input; there would be changes, or not settled."""


class Failed(Exception):
    """A verb could not do its work. `remedy` is the next step, `code` the exit code."""

    def __init__(self, what: str, remedy: str, code: int = FAILED) -> None:
        super().__init__(f"{what} - {remedy}")
        self.what, self.remedy, self.code = what, remedy, code
