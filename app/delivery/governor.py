"""Keeps one worker within its share of the account's quota: a token bucket that gives way to 429.

API Gateway counts posts, WebSocket messages and HTTP requests of the whole account in one bucket of its own. When
that one is empty it answers 429, to whoever asks. So a worker has a share; on 429 it halves its rate, and creeps back.
It answers 429 also for a single client that does not read its socket: a few of those among many posts change nothing.
"""

import time
from collections.abc import Callable

RECOVERY_S = 20.0  # from nothing back to the whole share
FLOOR = 0.02  # of the share; so that it always goes on, and can find out that the others have stopped
HALVING_S = 0.25  # the 429 of one moment are one sign, not a hundred: what was in flight when the rate fell
BURST_S = 0.1  # what may be saved up, in seconds of the share
TOLERATED = 0.05  # of the posts: so many may meet a client that does not read, which says nothing about the bucket
RECENT = 500  # posts; the 429 are held against the last 500 to 1,000, so that chance makes no 5 % of 2 %
RESERVE = 0.2  # of what may be saved up; only direct messages may use it


class Governor:
    """Asked before each post; decides without waiting, so that one sleep of the caller can serve many posts."""

    __slots__ = (
        "_burst",
        "_clock",
        "_halved_at",
        "_posts",
        "_rate",
        "_reserve",
        "_seen_at",
        "_share",
        "_throttled",
        "_tokens",
    )

    def __init__(self, share: float, burst: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        """`share` is in posts a second and never exceeded; `burst` is how many may go at once, at least 2."""
        if share <= 0:
            raise ValueError("a share of nothing")
        self._share = self._rate = share
        self._burst = self._tokens = max(2.0, share * BURST_S if burst is None else burst)
        self._reserve = min(self._burst * RESERVE, self._burst - 1)
        self._clock = clock
        self._seen_at = clock()
        self._halved_at = self._seen_at - HALVING_S
        self._posts = self._throttled = 0.0  # of the recent ones

    @property
    def rate(self) -> float:
        """Posts a second that it allows now."""
        self._advance()
        return self._rate

    def take(self, *, direct: bool = False) -> float:
        """Returns 0.0 and allows one post, or returns in how many seconds it is worth to ask again."""
        self._advance()
        needed = 1.0 if direct else 1.0 + self._reserve
        if self._tokens < needed:
            return (needed - self._tokens) / self._rate
        self._tokens -= 1.0
        self._posts += 1
        if self._posts > 2 * RECENT:
            self._forget()
        return 0.0

    def throttled(self) -> None:
        """Notes that a post was answered with 429, and halves the rate if that happens to more than a few."""
        self._throttled += 1
        if self._throttled > self._posts * TOLERATED:
            self._give_way()

    def _forget(self) -> None:
        self._posts, self._throttled = self._posts / 2, self._throttled / 2

    def _give_way(self) -> None:
        self._advance()
        self._tokens = min(self._tokens, 1.0)
        if self._seen_at - self._halved_at >= HALVING_S:
            self._rate = max(self._rate / 2, self._share * FLOOR)
            self._halved_at = self._seen_at

    def _advance(self) -> None:
        now = self._clock()
        past = max(0.0, now - self._seen_at)
        self._seen_at = now
        # First the tokens, at the rate that held: what it allows in any time is less than what the rate became.
        self._tokens = min(self._burst, self._tokens + past * self._rate)
        if self._rate < self._share:
            self._rate = min(self._share, self._rate + past * self._share / RECOVERY_S)
