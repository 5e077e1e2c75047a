"""The alarms; each publishes to the alerts topic."""

from collections.abc import Iterable

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk.aws_cloudwatch import ComparisonOperator, TreatMissingData
from aws_cdk.aws_cloudwatch_actions import SnsAction
from constructs import Construct

from app import catalogue
from infra.grants import Resources
from infra.monitoring.watches import Watch


def add_alarms(scope: Construct, watches: Iterable[Watch], resources: Resources) -> list[cloudwatch.Alarm]:
    alerts = SnsAction(resources.topics[catalogue.ALERTS_TOPIC])
    alarms = [_add_alarm(scope, watch) for watch in watches]
    for alarm in alarms:
        alarm.add_alarm_action(alerts)
    return alarms


def _add_alarm(scope: Construct, watch: Watch) -> cloudwatch.Alarm:
    """Adds an alarm under its own name, which is what people read in the mail."""
    comparison, missing = ComparisonOperator.GREATER_THAN_THRESHOLD, TreatMissingData.NOT_BREACHING
    if watch.heartbeat:
        comparison, missing = ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD, TreatMissingData.BREACHING
    return cloudwatch.Alarm(
        scope,
        f"{watch.name}Alarm",
        alarm_name=f"{Stack.of(scope).stack_name}-{watch.name}",
        alarm_description=f"{watch.about}. What to do: docs/runbook.md, {watch.name}",
        metric=watch.figure,
        threshold=watch.above,
        comparison_operator=comparison,
        evaluation_periods=watch.periods,
        datapoints_to_alarm=watch.breaching,
        treat_missing_data=missing,
    )
