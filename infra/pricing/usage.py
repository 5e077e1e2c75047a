"""What people do in a month: how many they are, how much they send, and how they go about it."""

from dataclasses import dataclass, field, fields
from typing import Any

MESSAGES_PER_USER = 20


class UsageError(ValueError):
    """A figure cannot be; the message says which, and why."""


def _assumed(value: float, about: str) -> Any:
    return field(default=value, metadata={"about": about})


@dataclass(frozen=True, slots=True)
class Usage:
    """One month. Everything but the first two are assumptions; the command takes others."""

    users: int = field(metadata={"about": "people who sign in at least once in the month"})
    messages: int = field(metadata={"about": "that all of them together send in the month"})
    recipients: float = _assumed(1.0, "of a message on average, 50 at most")
    connected: float = _assumed(0.3, "share of recipients who have the site open when a message comes")
    active_days: float = _assumed(12.0, "on which somebody opens the site")
    opens_per_day: float = _assumed(3.0, "on such a day; each is a WebSocket connection")
    minutes_open: float = _assumed(15.0, "each time")
    frames_per_minute: float = _assumed(0.2, "pings that keep a connection")
    lists_per_open: float = _assumed(1.5, "of 50 notifications or messages each")
    profiles_per_open: float = _assumed(1.0, "that are shown")
    reads: float = _assumed(0.8, "share of what is received that is marked as read, one by one")
    reports: float = _assumed(0.2, "delivery reports that are looked at, for each message")
    phones: float = _assumed(0.5, "share of people with a device, which it registers each time it opens the site")
    mail: float = _assumed(0.5, "share of the recipients who are not connected that gets a mail")
    announcements: float = _assumed(2.0, "to everyone")
    joining: float = _assumed(0.05, "share of the users who are new")
    leaving: float = _assumed(0.01, "share of the users who go")
    months_kept: float = _assumed(12.0, "for which there have been messages")
    cold_starts: float = _assumed(0.01, "share of invocations that start an environment")

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if value < 0:
                raise UsageError(f"{each.name} cannot be less than nothing: {value:g}")
            if each.metadata["about"].startswith("share") and value > 1:
                raise UsageError(f"{each.name} is a share, from 0 to 1: {value:g}")
        if self.users < 1:
            raise UsageError("users: there has to be somebody")
        if not 1 <= self.recipients <= 50:
            raise UsageError(
                f"recipients are 1 to 50 of a message, and everyone else by announcements: {self.recipients:g}"
            )

    @property
    def opens(self) -> float:
        return self.users * self.active_days * self.opens_per_day

    @property
    def received(self) -> float:
        return self.messages * self.recipients

    @property
    def connections(self) -> float:
        """How many are open at a time, on average."""
        return self.opens * self.minutes_open / MINUTES


MINUTES = 43_800  # of a month: 730 hours
SECONDS = MINUTES * 60
