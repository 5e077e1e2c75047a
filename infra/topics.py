"""The SNS topics."""

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from app import catalogue


def add_topic(scope: Construct, topic: catalogue.Topic) -> sns.Topic:
    """Adds a topic that takes nothing without TLS.

    It is encrypted, except where alarms publish: CloudWatch may not use the key that AWS manages for SNS.
    """
    name = f"{topic.name.capitalize()}Topic"
    key = None if topic.alarms else kms.Alias.from_alias_name(scope, f"{name}Key", "alias/aws/sns")
    deployed = sns.Topic(scope, name, master_key=key, enforce_ssl=True)
    if topic.alarms:
        deployed.add_to_resource_policy(_alarms_may_publish(deployed))
    return deployed


def _alarms_may_publish(topic: sns.Topic) -> iam.PolicyStatement:
    """Says again what a topic's default policy allows, because a policy of our own takes its place."""
    alarms = Stack.of(topic).format_arn(
        service="cloudwatch", resource="alarm", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
    return iam.PolicyStatement(
        sid="Alarms",
        principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions=["sns:Publish"],
        resources=[topic.topic_arn],
        conditions={"ArnLike": {"aws:SourceArn": alarms}, "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
    )
