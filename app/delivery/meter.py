"""Counts what comes of the posts, and says it in CloudWatch's metrics once for each run of a part."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.delivery.lane import Outcome
from app.log import metrics
from app.models.times import MILLISECOND, from_iso

_NAMES: Mapping[Outcome, str] = {
    Outcome.POSTED: "PostsSent",
    Outcome.GONE: "PostsGone",
    Outcome.THROTTLED: "PostsThrottled",
    Outcome.REFUSED: "PostsFailed",
    Outcome.FAILED: "PostsFailed",
    Outcome.UNKNOWN: "PostsFailed",
}


@dataclass(slots=True)
class Meter:
    """Posts since the last `write`; what is tried again later is counted again then."""

    _posts: Counter[str] = field(default_factory=Counter)
    _lag: dict[str, float] = field(default_factory=dict)

    def count(self, outcome: Outcome, posts: int = 1) -> None:
        self._posts[_NAMES[outcome]] += posts

    def closed(self, created_at: str, now: datetime) -> None:
        """Notes that everybody of a part has been told."""
        self._lag = {"DeliveryLagMs": (now - from_iso(created_at)) / MILLISECOND}

    def write(self) -> None:
        metrics(**{name: self._posts[name] for name in _NAMES.values()}, **self._lag)
        self._posts.clear()
        self._lag = {}
