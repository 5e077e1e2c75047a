"""The Lambda functions: one image, and for each function its own command, role and log group."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from app import catalogue
from infra.cache import Cache, may_connect
from infra.grants import Resources, cache_of, environment, granted, statement
from infra.image import Image
from infra.stages import Stage
from infra.tracing import may_trace, trace

_ARCHITECTURES = {"x86_64": lambda_.Architecture.X86_64, "arm64": lambda_.Architecture.ARM_64}


def add_function(
    scope: Construct, function: catalogue.Function, image: Image, resources: Resources
) -> lambda_.Function:
    stage = resources.stage
    log_group = add_log_group(scope, f"{function.name}Logs", stage)
    deployed = lambda_.DockerImageFunction(
        scope,
        function.name,
        code=lambda_.DockerImageCode.from_ecr(
            image.repository, tag_or_digest=image.tag_or_digest, cmd=[function.handler]
        ),
        architecture=_ARCHITECTURES[stage.architecture],
        role=_add_role(scope, function, log_group, resources),
        environment=environment(function, resources),
        timeout=Duration.seconds(function.timeout_s),
        memory_size=function.memory_mb,
        reserved_concurrent_executions=stage.concurrency_of(function.name).reserved,
        log_group=log_group,
        logging_format=lambda_.LoggingFormat.JSON,
        application_log_level_v2=stage.log_level,
        recursive_loop=lambda_.RecursiveLoop.ALLOW if _feeds_itself(function) else None,
        **_network(cache_of(function, resources)),
    )
    trace(deployed)
    return deployed


def _network(cache: Cache | None) -> dict[str, Any]:
    """Where the function runs: outside of any network, unless it may ask the cache."""
    if not cache:
        return {}
    isolated = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
    return {"vpc": cache.network, "vpc_subnets": isolated, "security_groups": [cache.readers]}


def _feeds_itself(function: catalogue.Function) -> bool:
    """Whether it sends to the queue that it works off.

    Lambda would take that for a runaway and end it after 16 rounds; a part of a large broadcast may need more, and has
    an end of its own (`Delivery.is_too_old`).
    """
    worked_off = {trigger.queue for trigger in function.triggers if isinstance(trigger, catalogue.QueueSource)}
    return any(grant.on in worked_off and "sqs:SendMessage" in grant.actions for grant in function.grants)


def add_log_group(scope: Construct, name: str, stage: Stage) -> logs.LogGroup:
    return logs.LogGroup(scope, name, retention=stage.log_retention, removal_policy=stage.removal)


def _add_role(
    scope: Construct, function: catalogue.Function, log_group: logs.LogGroup, resources: Resources
) -> iam.Role:
    """Adds a role that may write the function's own log and its traces, and touch what the catalogue grants."""
    log = iam.PolicyStatement(
        actions=["logs:CreateLogStream", "logs:PutLogEvents"],
        resources=[log_group.log_group_arn],  # ends in ":*", which stands for its streams
    )
    statements = [statement(grant, resources) for grant in granted(function, resources.stage)]
    statements += may_connect(scope) if cache_of(function, resources) else []
    return iam.Role(
        scope,
        f"{function.name}Role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        inline_policies={"Grants": iam.PolicyDocument(statements=[log, may_trace(), *statements])},
    )
