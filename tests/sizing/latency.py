"""How long AWS takes to answer, which no laptop can measure: stated here, with where each figure is from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Latency:
    ms: float
    source: str


LATENCIES: Mapping[str, Latency] = {
    "dynamodb": Latency(5, 'AWS says "single-digit milliseconds"; the middle'),
    "execute-api": Latency(10, "assumed; as in docs/benchmark.md"),
    "sqs": Latency(
        10, "assumed; sending and receiving together take 16 ms at the median in bitesizedserverless.com's test"
    ),
    "sns": Latency(20, "assumed; to a topic with its own key, or to a phone"),
    "ses": Latency(50, "assumed"),
    "cognito-idp": Latency(50, "assumed"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to AWS."""

    service: str
    operation: str
    began: float  # time.monotonic()
    ended: float
    read_units: float = 0.0
    write_units: float = 0.0
    posted_bytes: int = 0  # in a frame to a connection


def in_sequence_ms(requests: Sequence[Asked]) -> float:
    """Returns the longest time that requests waited for each other, at the latencies above.

    One that began before another had ended did not wait for it. What the stand-in took plays no part.
    """
    moments = [(each.began, 1, place) for place, each in enumerate(requests)]
    moments += [(each.ended, 0, place) for place, each in enumerate(requests)]  # at one moment an end comes first
    longest, begun = 0.0, [0.0] * len(requests)
    for _, beginning, place in sorted(moments):
        if beginning:
            begun[place] = longest
        else:
            longest = max(longest, begun[place] + LATENCIES[requests[place].service].ms)
    return longest
