"""Writes points in time as the contract has them: ISO 8601, UTC, milliseconds."""

from datetime import UTC, datetime, timedelta

MILLISECOND = timedelta(milliseconds=1)


def utc_now() -> datetime:
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """Returns "2026-11-22T18:00:00.000Z": sorts as text in the order of time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_iso(text: str) -> datetime:
    return datetime.fromisoformat(text)


def epoch_s(moment: datetime) -> int:
    """Returns whole seconds since 1970, as DynamoDB's time to live wants them."""
    return int(moment.timestamp())
