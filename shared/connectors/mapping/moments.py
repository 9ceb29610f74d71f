"""Moments as partners write them, read to aware UTC and written back in the partner's own style.

Read: ISO 8601 with or without zone and fraction, T or a blank between, a bare date, seconds or milliseconds since
1970, and the dates of HTTP. A moment without a zone is UTC. `Style` remembers how one looked, so that a partner which
compares texts is asked in the form in which it shows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from shared.connectors.mapping.places import MisfitError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS_FROM = 100_000_000_000
_DATE_LENGTH = len("2026-11-22")


@dataclass(frozen=True, slots=True)
class Style:
    """How a partner writes moments: text, or a number since 1970; `digits` of the fraction of a second."""

    form: Literal["text", "date", "seconds", "milliseconds"] = "text"
    between: str = "T"
    zone: str = "Z"
    digits: int | None = None


ISO = Style()
STYLES = {
    "iso": ISO,
    "date": Style(form="date"),
    "seconds": Style(form="seconds"),
    "milliseconds": Style(form="milliseconds"),
}


def moment(raw: Any) -> datetime:
    """Return the moment that a partner shows. MisfitError for what is none."""
    if isinstance(raw, bool):
        raise MisfitError("is not a moment")
    if isinstance(raw, int | Decimal):
        return _since_1970(Decimal(raw))
    if isinstance(raw, str):
        return _from_text(raw.strip())
    raise MisfitError("is not a moment")


def style_of(raw: Any) -> Style:
    """Return how a moment that could be read is written."""
    if not isinstance(raw, str):
        return Style(form="milliseconds" if abs(Decimal(raw)) >= _MILLISECONDS_FROM else "seconds")
    text = raw.strip()
    if len(text) == _DATE_LENGTH:
        return STYLES["date"]
    if len(text) < _DATE_LENGTH or text[4] != "-":
        return ISO
    clock = text[_DATE_LENGTH + 1 :]
    zone = next((clock[clock.index(sign) :] for sign in "Z+-" if sign in clock), "")
    fraction = clock.removesuffix(zone).partition(".")[2]
    return Style(between=text[_DATE_LENGTH], zone=_utc_zone(zone), digits=len(fraction))


def written(value: datetime, style: Style = ISO) -> str | int:
    """Return a moment in a style; without a fixed number of digits the fraction stands only where there is one."""
    utc = value.astimezone(UTC)
    if style.form == "seconds":
        return (utc - _EPOCH) // timedelta(seconds=1)
    if style.form == "milliseconds":
        return (utc - _EPOCH) // timedelta(milliseconds=1)
    if style.form == "date":
        return utc.date().isoformat()
    return f"{utc:%Y-%m-%d}{style.between}{utc:%H:%M:%S}{_fraction(utc, style.digits)}{style.zone}"


def microseconds(value: datetime) -> int:
    """Return the whole microseconds since 1970."""
    return (value - _EPOCH) // timedelta(microseconds=1)


def _since_1970(number: Decimal) -> datetime:
    seconds = number / 1000 if abs(number) >= _MILLISECONDS_FROM else number
    try:
        return _EPOCH + timedelta(microseconds=int(seconds * 1_000_000))
    except (OverflowError, InvalidOperation, ValueError) as error:
        raise MisfitError("is not a moment") from error


def _from_text(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = _other_text(text)
    try:
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except OverflowError as error:
        raise MisfitError("is not a moment") from error


def _other_text(text: str) -> datetime:
    try:
        return _since_1970(Decimal(text))
    except InvalidOperation:
        pass
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError) as error:
        raise MisfitError("is not a moment") from error


def _utc_zone(zone: str) -> str:
    """Return how UTC is written by somebody who writes zones like this one."""
    if zone in ("", "Z"):
        return zone
    return "+00:00" if ":" in zone else "+0000" if len(zone) > len("+00") else "+00"


def _fraction(utc: datetime, digits: int | None) -> str:
    if digits is None:
        return f".{utc.microsecond:06d}" if utc.microsecond else ""
    return f".{utc.microsecond:06d}000"[: digits + 1] if digits else ""
