"""The dashboard: what is wrong, whether messages arrive, how fast, and what is near its limit; in this order."""

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk.aws_cloudwatch import AlarmState
from constructs import Construct

from infra.monitoring.figures import System, of_lambda, of_ours, of_queue, throttles_of
from infra.monitoring.formulas import Figures, largest, quota_used, total

_WIDTH, _HEIGHT = 8, 6  # of a screen that is 24 wide: three side by side, and three rows on a laptop without scrolling


def add_dashboard(scope: Construct, system: System, alarms: Sequence[cloudwatch.Alarm]) -> None:
    name = Stack.of(scope).stack_name
    words = f"**{name}**: nothing red means that all is well. An alarm's name is a heading in `docs/runbook.md`."
    dashboard = cloudwatch.Dashboard(scope, "Dashboard", dashboard_name=name)
    dashboard.add_widgets(cloudwatch.TextWidget(markdown=words, width=24, height=1))
    dashboard.add_widgets(_troubles(alarms), _now(system))
    dashboard.add_widgets(_messages(system), _speed(system), _failures(system))
    dashboard.add_widgets(_quota(system), _queues(system), _throttles(system))


def _troubles(alarms: Sequence[cloudwatch.Alarm]) -> cloudwatch.IWidget:
    return cloudwatch.AlarmStatusWidget(
        title="What is wrong (empty: nothing)",
        alarms=[*alarms],
        states=[AlarmState.ALARM],
        width=_WIDTH,
        height=_HEIGHT,
    )


def _now(system: System) -> cloudwatch.IWidget:
    ages = [of_queue(queue.messages, "ApproximateAgeOfOldestMessage") for queue in system.resources.queues.values()]
    return cloudwatch.SingleValueWidget(
        title="In the last five minutes",
        metrics=[
            _ours(system, "MessagesAccepted", "Messages accepted"),
            _ours(system, "PostsSent", "Posts sent"),
            *_lags(system, "p95"),
            largest(ages, "Oldest job (s)"),
            quota_used(system),
            total([system.http("5xx")], "Requests that failed"),
        ],
        sparkline=True,
        width=2 * _WIDTH,
        height=_HEIGHT,
    )


def _messages(system: System) -> cloudwatch.IWidget:
    return _graph(
        "Do messages arrive?",
        _ours(system, "MessagesAccepted", "Messages accepted"),
        _ours(system, "PostsSent", "Posts sent"),
        _ours(system, "PostsGone", "Posts to closed connections"),
        _ours(system, "PostsThrottled", "Posts throttled"),
        _ours(system, "PostsFailed", "Posts failed"),
        total([of_ours(function, "MailsSent") for function in system.mailing], "Mails sent"),
    )


def _speed(system: System) -> cloudwatch.IWidget:
    latency = system.http("Latency", "p95").with_(label="HTTP API, p95 (ms)")
    starts = total([of_ours(function, "ColdStarts") for function in system.functions.values()], "Cold starts")
    return _graph("How fast?", *_lags(system, "p50"), *_lags(system, "p99"), latency, right=[starts])


def _failures(system: System) -> cloudwatch.IWidget:
    dead = [
        of_queue(queue.dead_letters, "ApproximateNumberOfMessagesVisible") for queue in system.resources.queues.values()
    ]
    return _graph(
        "What fails?",
        total([system.http("5xx")], "Requests answered 5xx"),
        total([system.socket("IntegrationError"), system.socket("ExecutionError")], "WebSocket errors"),
        _of_all(system, "Errors", "Functions crashed or timed out"),
        total(dead, "Dead letters"),
        total([of_ours(system.function("Sweep"), "DeliveriesFailed")], "Deliveries given up"),
    )


def _quota(system: System) -> cloudwatch.IWidget:
    return _graph("How much of the quota? (%)", quota_used(system))


def _queues(system: System) -> cloudwatch.IWidget:
    ages = [
        of_queue(deployed.messages, "ApproximateAgeOfOldestMessage").with_(label=f"{queue.name} (s)")
        for queue, deployed in system.resources.queues.items()
    ]
    return _graph("Does anything pile up?", *ages)


def _throttles(system: System) -> cloudwatch.IWidget:
    tables: Figures = [
        figure
        for table, deployed in system.resources.tables.items()
        for figure in throttles_of(table, deployed.table_name)
    ]
    return _graph("What is throttled?", _of_all(system, "Throttles", "Functions"), total(tables, "Tables"))


def _lags(system: System, statistic: str) -> list[cloudwatch.Metric]:
    return [
        of_ours(deployed, "DeliveryLagMs", statistic).with_(
            label=f"Accepted to told, {function.name}, {statistic} (ms)"
        )
        for function, deployed in system.functions.items()
        if deployed in system.delivering
    ]


def _ours(system: System, name: str, label: str) -> cloudwatch.IMetric:
    return total([of_ours(function, name) for function in system.delivering], label)


def _of_all(system: System, name: str, label: str) -> cloudwatch.IMetric:
    return total([of_lambda(function, name) for function in system.functions.values()], label)


def _graph(title: str, *left: cloudwatch.IMetric, right: Sequence[cloudwatch.IMetric] = ()) -> cloudwatch.IWidget:
    return cloudwatch.GraphWidget(title=title, left=[*left], right=[*right], width=_WIDTH, height=_HEIGHT)
