"""What somebody has to look at, derived from the catalogue; each has its lines in docs/runbook.md."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from aws_cdk import aws_cloudwatch as cloudwatch

from app import catalogue
from infra.monitoring.figures import System, of_dax, of_lambda, of_ours, of_queue, of_topic, throttles_of
from infra.monitoring.formulas import percentage, quota_used, total

_QUOTA_PERCENT = 80
_THROTTLED_PERCENT = 5  # of the posts; a lane takes no notice of fewer, which clients cause that do not read
_BROKEN_PERCENT = 1  # of the requests
_REFUSED_PERCENT = 25  # of the requests; old tokens, and ids that are not there, belong to normal work
_SLOW_REQUEST_MS = 3_000
_LATE_S = 600  # what fails is repeated within minutes, so nothing waits for as long unless it piles up
_SLOW = 0.8  # of the time-out
_CACHE_AWAY = 5  # in five minutes; an environment tells of ten at most, and of one if it is slow in connecting
_BUSY_PERCENT = 80  # of the CPU
# What a queue brings may need all of the time-out but 2 s, at which `app.batch` cuts it off.
_WORKERS_RESERVE_S = 3


@dataclass(frozen=True, slots=True)
class Watch:
    """Goes off with more than `above` in `breaching` of the last `periods`; no figures are no reason.

    By default that is at the first one of something that never belongs to normal work. A `heartbeat` is the opposite:
    it goes off when there is none.
    """

    name: str
    about: str  # what has happened; stands in the mail
    figure: cloudwatch.IMetric
    above: float = 0
    breaching: int = 1
    periods: int = 1
    heartbeat: bool = False


Watches: TypeAlias = Iterator[Watch]


def watches(system: System) -> Watches:
    """Yields what matters most first."""
    yield from _deliveries(system)
    yield from _http_api(system)
    yield from _socket_api(system)
    yield from _queues(system)
    yield from _topics(system)
    yield from _clock(system)
    yield from _functions(system)
    yield from _tables(system)
    yield from _users_cache(system)


def _deliveries(system: System) -> Watches:
    given_up = of_ours(system.function("Sweep"), "DeliveriesFailed")
    yield Watch("DeliveriesFailed", "Deliveries were given up", given_up)
    about = "The account's quota of API Gateway is nearly used up"
    yield Watch("QuotaUsed", about, quota_used(system), above=_QUOTA_PERCENT, breaching=3, periods=5)
    throttled = [of_ours(function, "PostsThrottled") for function in system.delivering]
    sent = [of_ours(function, "PostsSent") for function in system.delivering]
    refused = percentage(throttled, of=[*throttled, *sent], least=50)
    about = "API Gateway refuses posts to connections, which come late then"
    yield Watch("PostsThrottled", about, refused, above=_THROTTLED_PERCENT, breaching=2, periods=3)


def _http_api(system: System) -> Watches:
    broken = percentage([system.http("5xx")], of=[system.http("Count")], least=3)
    yield Watch("HttpApi5xx", "Requests fail by our fault", broken, above=_BROKEN_PERCENT)
    refused = percentage([system.http("4xx")], of=[system.http("Count")], least=50)
    yield Watch("HttpApi4xx", "Many requests are refused", refused, above=_REFUSED_PERCENT, breaching=3, periods=3)
    slow = system.http("Latency", "p95")
    yield Watch("HttpApiSlow", "Requests take long", slow, above=_SLOW_REQUEST_MS, breaching=3, periods=3)


def _socket_api(system: System) -> Watches:
    connects, messages = system.socket("ConnectCount"), system.socket("MessageCount")
    client = system.socket("ClientError")
    refused = percentage([client], of=[client, connects], least=50)
    about = "Many WebSocket connections are refused"
    yield Watch("SocketApiRefusals", about, refused, above=_REFUSED_PERCENT, breaching=3, periods=3)
    for name, about in (
        ("IntegrationError", "What comes by WebSocket is answered with errors"),
        ("ExecutionError", "What comes by WebSocket does not get to its function"),
    ):
        broken = percentage([system.socket(name)], of=[connects, messages], least=3)
        yield Watch(f"SocketApi{name}s", about, broken, above=_BROKEN_PERCENT)


def _queues(system: System) -> Watches:
    for queue, deployed in system.resources.queues.items():
        name = queue.name.capitalize()
        dead = of_queue(deployed.dead_letters, "ApproximateNumberOfMessagesVisible")
        about = f"Messages of the queue {queue.name} failed {queue.max_receives} times"
        yield Watch(f"{name}DeadLetters", about, dead)
        age = of_queue(deployed.messages, "ApproximateAgeOfOldestMessage")
        about = f"Messages pile up in the queue {queue.name}"
        yield Watch(f"{name}QueueAge", about, age, above=_LATE_S + queue.delay_s, breaching=2, periods=2)


def _topics(system: System) -> Watches:
    for topic, deployed in system.resources.topics.items():
        name, failed = topic.name.capitalize(), of_topic(deployed, "NumberOfNotificationsFailed")
        yield Watch(f"{name}TopicFailures", f"SNS cannot deliver what the topic {topic.name} gets", failed)


def _clock(system: System) -> Watches:
    for function, deployed in system.functions.items():
        if any(isinstance(trigger, catalogue.Schedule) for trigger in function.triggers):
            calls = of_lambda(deployed, "Invocations")
            yield Watch(
                f"{function.name}Silent", "The clock has stopped", calls, breaching=2, periods=2, heartbeat=True
            )


def _functions(system: System) -> Watches:
    for function, deployed in system.functions.items():
        name = function.name
        yield Watch(f"{name}Errors", f"{name} crashed, or ran out of time or memory", of_lambda(deployed, "Errors"))
        throttles = of_lambda(deployed, "Throttles")
        yield Watch(
            f"{name}Throttles", f"{name} is called more often than it may run", throttles, breaching=2, periods=3
        )
        longest, about = of_lambda(deployed, "Duration", "p99"), f"{name} is close to its time-out"
        yield Watch(f"{name}Slow", about, longest, above=_too_long_ms(function), breaching=2, periods=3)


def _too_long_ms(function: catalogue.Function) -> float:
    if any(isinstance(trigger, catalogue.QueueSource) for trigger in function.triggers):
        return 1000 * (function.timeout_s - _WORKERS_RESERVE_S)
    return 1000 * function.timeout_s * _SLOW


def _tables(system: System) -> Watches:
    for table, deployed in system.resources.tables.items():
        throttled = total(list(throttles_of(table, deployed.table_name)))
        about = f"DynamoDB refuses requests to the table {table.name}"
        yield Watch(f"{table.name}TableThrottles", about, throttled, breaching=2, periods=3)


def _users_cache(system: System) -> Watches:
    if not (cache := system.resources.users_cache):
        return
    away = total([of_ours(function, "CacheAway") for function in system.reading_cache])
    about = "The users cache does not answer, and the table is read instead"
    yield Watch("UsersCacheAway", about, away, above=_CACHE_AWAY, breaching=2, periods=3)
    faults = of_dax(cache.cluster, "FaultRequestCount")
    yield Watch("UsersCacheFaults", "The users cache fails", faults, breaching=2, periods=3)
    busy = of_dax(cache.cluster, "CPUUtilization", "Average")
    about = "The users cache has too much to do"
    yield Watch("UsersCacheBusy", about, busy, above=_BUSY_PERCENT, breaching=3, periods=3)
