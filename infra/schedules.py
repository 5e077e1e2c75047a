"""The clock: functions that are called at a fixed rate."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk.aws_events_targets import LambdaFunction
from constructs import Construct

from app import catalogue

# A call that cannot be made at once or that fails is dropped, because the next one does the same work. By default
# EventBridge would try for a day to hand it over, and Lambda twice to carry it out: after an outage all at a time.
_RETRIES = 0
_LATEST_S = 60  # the shortest that both allow


def add_schedule(scope: Construct, schedule: catalogue.Schedule, function: lambda_.IFunction) -> None:
    """Has EventBridge call the function; only this rule may."""
    latest = Duration.seconds(_LATEST_S)
    target = LambdaFunction(function, retry_attempts=_RETRIES, max_event_age=latest)
    rate = events.Schedule.rate(Duration.minutes(schedule.every_min))
    events.Rule(scope, f"{function.node.id}Schedule", schedule=rate, targets=[target])
    function.configure_async_invoke(retry_attempts=_RETRIES, max_event_age=latest)
