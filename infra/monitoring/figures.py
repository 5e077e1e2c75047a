"""The figures that alarms and the dashboard read: AWS's own, and those that the functions write."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dax as dax
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from app import catalogue
from infra.grants import Resources

NAMESPACE = "SiteCommunications"  # of what the functions write in the embedded metric format
MINUTE = Duration.minutes(1)
PERIOD = Duration.minutes(5)


@dataclass(frozen=True, slots=True)
class System:
    """Everything that has figures, as deployed."""

    resources: Resources
    functions: Mapping[catalogue.Function, lambda_.Function]
    http_api: apigateway.HttpApi

    @property
    def delivering(self) -> list[lambda_.Function]:
        """The functions that post on behalf of deliveries, and write how that went."""
        return self._granted((catalogue.SOCKETS, "POST"), (catalogue.DELIVERIES, "dynamodb:UpdateItem"))

    @property
    def mailing(self) -> list[lambda_.Function]:
        """The functions that send mail, and write how many."""
        return self._granted((catalogue.EMAIL_SENDER, "ses:SendEmail"))

    @property
    def reading_cache(self) -> list[lambda_.Function]:
        """The functions that ask the users cache, and write when it does not answer."""
        return self._granted((catalogue.USERS_CACHE, "dax:GetItem"))

    def _granted(self, *needed: tuple[catalogue.Resource, str]) -> list[lambda_.Function]:
        return [
            deployed
            for function, deployed in self.functions.items()
            if {*needed} <= {(grant.on, action) for grant in function.grants for action in grant.actions}
        ]

    def function(self, name: str) -> lambda_.Function:
        [found] = [deployed for function, deployed in self.functions.items() if function.name == name]
        return found

    def http(self, name: str, statistic: str = "Sum", period: Duration = PERIOD) -> cloudwatch.Metric:
        return _metric("AWS/ApiGateway", name, {"ApiId": self.http_api.api_id, "Stage": "$default"}, statistic, period)

    def socket(self, name: str, period: Duration = PERIOD) -> cloudwatch.Metric:
        dimensions = {"ApiId": self.resources.sockets.api_id, "Stage": self.resources.stage.name}
        return _metric("AWS/ApiGateway", name, dimensions, "Sum", period)

    def requests(self, period: Duration = PERIOD) -> list[cloudwatch.Metric]:
        """All that API Gateway serves; the messages are those in both directions, so the posts are among them."""
        return [
            self.http("Count", period=period),
            self.socket("ConnectCount", period),
            self.socket("MessageCount", period),
        ]


def of_lambda(function: lambda_.Function, name: str, statistic: str = "Sum") -> cloudwatch.Metric:
    """What Lambda measures, over all versions of the function."""
    return _metric("AWS/Lambda", name, {"FunctionName": function.function_name}, statistic, PERIOD)


def of_ours(
    function: lambda_.Function, name: str, statistic: str = "Sum", period: Duration = PERIOD
) -> cloudwatch.Metric:
    """What the function itself writes."""
    return _metric(NAMESPACE, name, {"FunctionName": function.function_name}, statistic, period)


def of_queue(queue: sqs.Queue, name: str) -> cloudwatch.Metric:
    return _metric("AWS/SQS", name, {"QueueName": queue.queue_name}, "Maximum", PERIOD)


def of_topic(topic: sns.Topic, name: str) -> cloudwatch.Metric:
    return _metric("AWS/SNS", name, {"TopicName": topic.topic_name}, "Sum", PERIOD)


def of_dax(cluster: dax.CfnCluster, name: str, statistic: str = "Sum") -> cloudwatch.Metric:
    """What the nodes of a cluster measure, taken together."""
    return _metric("AWS/DAX", name, {"ClusterId": cluster.ref}, statistic, PERIOD)


def throttles_of(table: catalogue.Table, name: str) -> Iterator[cloudwatch.Metric]:
    """What DynamoDB refused of a table and of its indexes, each of which counts for itself."""
    for index in ({}, *({"GlobalSecondaryIndexName": index.name} for index in table.indexes)):
        for event in ("ReadThrottleEvents", "WriteThrottleEvents"):
            yield _metric("AWS/DynamoDB", event, {"TableName": name, **index}, "Sum", PERIOD)


def _metric(
    namespace: str, name: str, dimensions: Mapping[str, str], statistic: str, period: Duration
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace, metric_name=name, dimensions_map=dimensions, statistic=statistic, period=period
    )
