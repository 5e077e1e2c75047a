"""What somebody has to look at: alarms that publish to the alerts topic."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk.aws_cloudwatch_actions import SnsAction
from constructs import Construct

from app import catalogue
from infra.grants import Resources

_PERIOD = Duration.minutes(5)
# The sweeper gives up what is too old, and counts it so in the embedded metric format.
_NAMESPACE, _FAILED, _SWEEPER = "SiteCommunications", "DeliveriesFailed", "Sweep"


def add_alarms(
    scope: Construct, resources: Resources, functions: Mapping[catalogue.Function, lambda_.Function]
) -> None:
    alerts = SnsAction(resources.topics[catalogue.ALERTS_TOPIC])
    for queue, deployed in resources.queues.items():
        name, about = queue.name.capitalize(), f"Messages of the queue {queue.name} failed {queue.max_receives} times"
        dead = deployed.dead_letters.metric_approximate_number_of_messages_visible(period=_PERIOD, statistic="Maximum")
        _add_alarm(scope, f"{name}DeadLetterAlarm", dead, about).add_alarm_action(alerts)
    [sweeper] = [deployed for function, deployed in functions.items() if function.name == _SWEEPER]
    _add_alarm(scope, "DeliveriesFailedAlarm", _failed(sweeper), "Deliveries were given up").add_alarm_action(alerts)
    errors = sweeper.metric_errors(period=_PERIOD, statistic="Sum")
    _add_alarm(scope, "SweepAlarm", errors, "Open deliveries could not be swept up").add_alarm_action(alerts)


def _failed(sweeper: lambda_.Function) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=_NAMESPACE,
        metric_name=_FAILED,
        dimensions_map={"FunctionName": sweeper.function_name},
        statistic="Sum",
        period=_PERIOD,
    )


def _add_alarm(scope: Construct, name: str, metric: cloudwatch.Metric, about: str) -> cloudwatch.Alarm:
    """Adds an alarm that goes off at the first one; no figures mean that there is none."""
    return cloudwatch.Alarm(
        scope,
        name,
        metric=metric,
        alarm_description=about,
        threshold=0,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluation_periods=1,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
