"""The SNS topics."""

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk.aws_sns_subscriptions import EmailSubscription
from constructs import Construct

from app import catalogue
from infra.stages import Stage


def add_topic(scope: Construct, topic: catalogue.Topic, stage: Stage) -> sns.Topic:
    """Adds an encrypted topic that takes nothing without TLS; what alarms publish goes to people by mail."""
    name = f"{topic.name.capitalize()}Topic"
    key = (
        _add_key(scope, name, stage)
        if topic.alarms
        else kms.Alias.from_alias_name(scope, f"{name}Key", "alias/aws/sns")
    )
    deployed = sns.Topic(scope, name, master_key=key, enforce_ssl=True)
    if topic.alarms:
        deployed.add_to_resource_policy(_for_alarms(scope, "Alarms", ["sns:Publish"], deployed.topic_arn))
        for address in stage.alert_addresses:
            deployed.add_subscription(EmailSubscription(address))
    return deployed


def _add_key(scope: Construct, topic: str, stage: Stage) -> kms.Key:
    """Adds a key of our own, because CloudWatch may not use the one that AWS manages for SNS; a dollar a month."""
    key = kms.Key(scope, f"{topic}Key", enable_key_rotation=True, removal_policy=stage.removal)
    key.add_to_resource_policy(_for_alarms(scope, "Alarms", ["kms:Decrypt", "kms:GenerateDataKey*"], "*"))
    return key


def _for_alarms(scope: Construct, name: str, actions: list[str], resource: str) -> iam.PolicyStatement:
    """Lets the alarms of this account do something; a policy of our own takes the place of the default one."""
    alarms = Stack.of(scope).format_arn(
        service="cloudwatch", resource="alarm", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
    return iam.PolicyStatement(
        sid=name,
        principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions=actions,
        resources=[resource],
        conditions={"ArnLike": {"aws:SourceArn": alarms}, "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
    )
