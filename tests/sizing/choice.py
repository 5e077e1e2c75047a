"""Which memory a function gets, and which time-out: by rules over what was measured."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from app.catalogue import (
    WORKER_POSTS_PER_S,
    Function,
    HttpRoute,
    QueueSource,
    Schedule,
    SocketAuthorizer,
    SocketRoute,
    Trigger,
    UserPoolTrigger,
)
from app.stores.claims import LEASE
from infra.pricing.measured import VCPU_MB, Case, Measured, Outage
from tests.sizing.cases import CASES

SIZES_MB = (256, 512, 1024, VCPU_MB)
PEAKS = 1.5  # of the most memory that was seen: what a function has at least
WARM_MS = 150  # the p99 of what people do every day, so that with the way there and back it is a quarter of a second
HEAVY_MS = 1_000  # of what is more than that
COLD_MS = 1_300  # of the first answer of an environment that somebody waits for
RESERVE_S = 2.0  # that app/batch.py keeps of a time-out; the other edges keep less
OWN_S = 1.0  # how much before that a function counts as one that goes on for as long as it may
POSTING = 3  # times its share of the quota: how fast a worker has to be able to post, who does other things too
POSTS = 500  # of the segment that was measured

HEADROOM = 1.25  # of a time-out, over the longest outage and the start before it
API_GATEWAY_S = 28  # it waits 29
COGNITO_S = 5
CLAIMING_S = int(LEASE.total_seconds()) - 1  # whoever holds a claim has died when its lease ends
UNLIMITED_S = 900  # Lambda's own limit

_ABOUT = {case.key: case for case in CASES}


@dataclass(frozen=True, slots=True)
class Sizing:
    """What was measured, as the rules see it."""

    measured: Measured

    def cases(self, function: Function) -> Mapping[str, Case]:
        return {name: case for name, case in self.measured.cases.items() if case.function == function.name}

    def memory_mb(self, function: Function) -> int:
        """Returns the smallest size that is enough, which is the cheapest: waiting costs more in a larger one."""
        return next((size for size in SIZES_MB if self.is_enough(function, size)), SIZES_MB[-1])

    def is_enough(self, function: Function, size_mb: int) -> bool:
        if size_mb < PEAKS * self.measured.functions[function.name].peak_mb:
            return False
        if _somebody_waits(function):
            return self._is_soon_enough(function, size_mb)
        return self._is_done_in_time(function, size_mb) and self._posts_fast_enough(function, size_mb)

    def _is_soon_enough(self, function: Function, size_mb: int) -> bool:
        if self.cold_ms(function, size_mb) > COLD_MS:
            return False
        cases = self.cases(function).items()
        return all(case.p99_ms(size_mb) <= (HEAVY_MS if _ABOUT[name].heavy else WARM_MS) for name, case in cases)

    def _is_done_in_time(self, function: Function, size_mb: int) -> bool:
        most = (_ABOUT[name].most * case.p99_ms(size_mb) for name, case in self.cases(function).items())
        return max(most) / 1000 <= function.timeout_s - RESERVE_S

    def _posts_fast_enough(self, function: Function, size_mb: int) -> bool:
        posting = [case for case in self.cases(function).values() if case.asks("execute-api") >= POSTS]
        share = min(1.0, size_mb / VCPU_MB)
        return all(POSTING * WORKER_POSTS_PER_S * case.cpu_ms / 1000 / POSTS <= share for case in posting)

    def cold_ms(self, function: Function, size_mb: int) -> float:
        return self.measured.functions[function.name].start_ms(size_mb)

    def longest_outage(self, function: Function) -> Outage:
        """Returns the one in which it took longest until it had failed as it should.

        Where it went on until shortly before its time-out, it did so because it had the time: it would give up before
        any time-out, so those do not count unless there are no others.
        """
        outages = self.measured.outages[function.name]
        last_s = self.measured.functions[function.name].patience_s - RESERVE_S - OWN_S
        return [outages[0], *(outage for outage in outages if outage.seconds < last_s)][-1]

    def fails_after_s(self, function: Function) -> float:
        """Returns how long it takes at the most to say that AWS is away, by an environment that has to start first."""
        return self.longest_outage(function).seconds + self.cold_ms(function, function.memory_mb) / 1000

    def timeout_s(self, function: Function) -> int:
        """Returns the time-out that is enough, or the longest that is of use where that is less."""
        return min(math.ceil(HEADROOM * self.fails_after_s(function)), longest_s(function))


def longest_s(function: Function) -> int:
    """Returns how long anybody waits for a function's answer."""
    return min(_wait_s(trigger) for trigger in function.triggers)


def _wait_s(trigger: Trigger) -> int:
    match trigger:
        case HttpRoute() | SocketRoute() | SocketAuthorizer():
            return API_GATEWAY_S
        case UserPoolTrigger():
            return COGNITO_S
        case QueueSource(queue):
            return (
                CLAIMING_S if queue.topic else UNLIMITED_S
            )  # who is told by the topic sends, and claims what it sends
        case Schedule():
            return UNLIMITED_S
        case _:
            assert_never(trigger)


def patience_s(function: Function) -> int:
    """Returns the time-out that a function has in an outage: the longest of use, or its own where nobody waits."""
    limit = longest_s(function)
    return function.timeout_s if limit == UNLIMITED_S else limit


def _somebody_waits(function: Function) -> bool:
    return any(
        isinstance(trigger, HttpRoute | SocketRoute | SocketAuthorizer | UserPoolTrigger)
        for trigger in function.triggers
    )


def is_heavy(case: str) -> bool:
    return _ABOUT[case].heavy
