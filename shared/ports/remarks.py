"""The port to what people write on cases: who looks after one, and what was found out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Remark:
    """One remark: when, by whom, what."""

    at: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Paper:
    """What is written on a case: who it is assigned to (nobody: empty), and the remarks, oldest first."""

    assigned_to: str = ""
    remarks: tuple[Remark, ...] = ()


class Remarks(Protocol):
    """Papers by id of the case; they outlive their case by some months, so that it is known when it comes back."""

    def papers(self, cases: Collection[str]) -> Mapping[str, Paper]:
        """Return the papers of those cases that have one, in bulk."""

    def assign(self, case: str, to: str) -> None:
        """Put who looks after a case; nobody: empty."""

    def add(self, case: str, remark: Remark) -> None:
        """Add a remark to a case; what others add meanwhile stays."""
