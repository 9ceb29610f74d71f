"""Faults that can be switched on, each for the next so many requests or events, so that a test stays exact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Fault(BaseModel):
    """Something that goes wrong the next `next` times; `only` narrows it to one resource or event type."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    next: int = Field(0, ge=0)
    only: str | None = None

    def strikes(self, what: str) -> bool:
        """Tell whether it goes wrong now, and count that down."""
        if self.next == 0 or self.only not in (None, what):
            return False
        self.next -= 1
        return True


class TooMany(Fault):
    """429 with Retry-After, as seconds or as a date."""

    retry_after: int = Field(1, ge=0)
    form: Literal["seconds", "date"] = "seconds"

    def header(self, now: datetime) -> str:
        """Return the value of Retry-After."""
        if self.form == "seconds":
            return str(self.retry_after)
        return format_datetime((now + timedelta(seconds=self.retry_after)).astimezone(UTC), usegmt=True)


class ServerError(Fault):
    """A 5xx; with `after_write` the request is carried out all the same."""

    status: int = Field(500, ge=500, le=599)
    after_write: bool = False


class Slow(Fault):
    """A reply that takes its time, in seconds."""

    seconds: float = Field(1.0, ge=0, le=120)


class Faults(BaseModel):
    """All faults of a server, all off at first; webhook faults count events, the others requests."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    too_many: TooMany = Field(default_factory=TooMany)
    server_error: ServerError = Field(default_factory=ServerError)
    lost_reply: Fault = Field(default_factory=Fault)
    slow: Slow = Field(default_factory=Slow)
    webhooks_duplicated: Fault = Field(default_factory=Fault)
    webhooks_dropped: Fault = Field(default_factory=Fault)
    webhooks_reordered: Fault = Field(default_factory=Fault)
