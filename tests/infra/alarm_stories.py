"""What has to happen for each kind of alarm to go off, and what not: made-up figures, the newest last."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from app.catalogue import Function, Queue, QueueSource
from tests.infra.cloudwatch import Series

Figures: TypeAlias = Mapping[str, Series]
Told: TypeAlias = Sequence[Figures] | Callable[[Any], Sequence[Figures]]


@dataclass(frozen=True, slots=True)
class Story:
    """Figures of a kind of alarm; where they differ, a function of what the alarm is about."""

    kind: str  # as the runbook calls it
    quiet: Told
    loud: Told


def told(figures: Told, thing: Any) -> Sequence[Figures]:
    return figures(thing) if callable(figures) else figures


def _limit_ms(function: Function) -> int:
    from_queue = any(isinstance(trigger, QueueSource) for trigger in function.triggers)
    return function.timeout_s * 1000 - 3000 if from_queue else function.timeout_s * 800


def _age(*seconds: int) -> Callable[[Queue], Sequence[Figures]]:
    return lambda queue: [{"ApproximateAgeOfOldestMessage": [each + queue.delay_s for each in seconds]}]


def _duration(*beyond_ms: int) -> Callable[[Function], Sequence[Figures]]:
    return lambda function: [{"Duration": [_limit_ms(function) + each for each in beyond_ms]}]


# Only where a stage has a cache: tests/infra/test_infra_cache.py
CACHE_STORIES = (
    Story("UsersCacheAway", quiet=[{"CacheAway": [5] * 3}, {"CacheAway": [0, 99, 0]}], loud=[{"CacheAway": [6, 0, 6]}]),
    Story(
        "UsersCacheFaults",
        quiet=[{"FaultRequestCount": [0, 99, 0]}],
        loud=[{"FaultRequestCount": [1, 0, 1]}],
    ),
    Story(
        "UsersCacheBusy",
        quiet=[{"CPUUtilization": [80] * 3}, {"CPUUtilization": [99, 99, 10]}],
        loud=[{"CPUUtilization": [81] * 3}],
    ),
)
# A quota of 10,000 a second is 600,000 a minute, and 80 % of them 480,000.
STORIES = (
    Story("DeliveriesFailed", quiet=[{"DeliveriesFailed": [0, 0]}], loud=[{"DeliveriesFailed": [0, 1]}]),
    Story(
        "QuotaUsed",
        quiet=[
            {"MessageCount": [470_000] * 5, "Count": [5_000] * 5, "ConnectCount": [5_000] * 5},
            {"MessageCount": [0, 0, 0, 600_000, 600_000]},
        ],
        loud=[
            {"MessageCount": [470_000] * 3, "Count": [5_000] * 3, "ConnectCount": [5_001] * 3},
            {"MessageCount": [500_000, 0, 500_000, 0, 500_000]},
            {"MessageCount": [200_000] * 3, "PostsGone": [100_000] * 3, "PostsThrottled": [100_000] * 3},
        ],
    ),
    Story(
        "PostsThrottled",
        quiet=[
            {"PostsThrottled": [20] * 3, "PostsSent": [0] * 3},
            {"PostsThrottled": [500] * 3, "PostsSent": [9_500] * 3},
            {"PostsThrottled": [0, 9_000, 0], "PostsSent": [9_000] * 3},
        ],
        loud=[
            {"PostsThrottled": [501, 0, 501], "PostsSent": [9_499] * 3},
            {"PostsThrottled": [None, 50, 50]},
        ],
    ),
    Story(
        "HttpApi5xx",
        quiet=[{"5xx": [2], "Count": [2]}, {"5xx": [3], "Count": [300]}],
        loud=[{"5xx": [3], "Count": [299]}],
    ),
    Story(
        "HttpApi4xx",
        quiet=[
            {"4xx": [49] * 3, "Count": [49] * 3},
            {"4xx": [250] * 3, "Count": [1000] * 3},
            {"4xx": [1000, 1000, 0], "Count": [1000] * 3},
        ],
        loud=[{"4xx": [251] * 3, "Count": [1000] * 3}],
    ),
    Story(
        "HttpApiSlow",
        quiet=[{"Latency": [3000] * 3}, {"Latency": [9000, 9000, 100]}],
        loud=[{"Latency": [3001] * 3}],
    ),
    Story(
        "SocketApiRefusals",
        quiet=[
            {"ClientError": [49] * 3},
            {"ClientError": [60] * 3, "ConnectCount": [180] * 3},
            {"ClientError": [600, 600, 0], "ConnectCount": [100] * 3},
        ],
        loud=[{"ClientError": [61] * 3, "ConnectCount": [180] * 3}, {"ClientError": [50] * 3}],
    ),
    Story(
        "SocketApiIntegrationErrors",
        quiet=[{"IntegrationError": [2], "ConnectCount": [2]}, {"IntegrationError": [3], "MessageCount": [300]}],
        loud=[{"IntegrationError": [4], "ConnectCount": [100], "MessageCount": [200]}],
    ),
    Story(
        "SocketApiExecutionErrors",
        quiet=[{"ExecutionError": [2], "ConnectCount": [2]}, {"ExecutionError": [3], "MessageCount": [300]}],
        loud=[{"ExecutionError": [4], "ConnectCount": [100], "MessageCount": [200]}],
    ),
    Story(
        "<Queue>DeadLetters",
        quiet=[{"ApproximateNumberOfMessagesVisible": [0]}],
        loud=[{"ApproximateNumberOfMessagesVisible": [1]}],
    ),
    Story("<Queue>QueueAge", quiet=_age(600, 600), loud=_age(601, 601)),
    Story("<Queue>QueueAge", quiet=_age(0, 5000), loud=_age(5000, 5000)),
    Story(
        "<Topic>TopicFailures",
        quiet=[{"NumberOfNotificationsFailed": [0]}],
        loud=[{"NumberOfNotificationsFailed": [1]}],
    ),
    Story(
        "<Clock>Silent",
        quiet=[{"Invocations": [5, 0]}, {"Invocations": [None, 1]}, {"Invocations": [5, 5, None, None]}],
        loud=[{"Invocations": [0, 0]}, {"Invocations": [0, None, None]}],
    ),
    Story("<Function>Errors", quiet=[{"Errors": [0]}], loud=[{"Errors": [1]}]),
    Story("<Function>Throttles", quiet=[{"Throttles": [0, 0, 99]}], loud=[{"Throttles": [1, 0, 1]}]),
    Story("<Function>Slow", quiet=_duration(0, 0, 0), loud=_duration(1, -500, 1)),
    Story("<Function>Slow", quiet=_duration(-500, -500, 1), loud=_duration(1, 1, 1)),
    Story(
        "<Table>TableThrottles",
        quiet=[{"ReadThrottleEvents": [0, 0, 9], "WriteThrottleEvents": [0, 0, 9]}],
        loud=[{"ReadThrottleEvents": [1, 0, 0], "WriteThrottleEvents": [0, 0, 1]}, {"WriteThrottleEvents": [1, 1]}],
    ),
)
