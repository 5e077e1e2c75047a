"""What is invoked in the place of a function: itself, or the version of it that is kept warm."""

from typing import TypeAlias

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from app import catalogue
from infra.stages import Stage

ALIAS = "live"

Invoked: TypeAlias = lambda_.Function | lambda_.Alias


def add_invoked(scope: Construct, function: catalogue.Function, deployed: lambda_.Function, stage: Stage) -> Invoked:
    """Returns what everything that invokes the function is to invoke.

    Environments can be kept warm only for a published version. So there is an alias then, which each deployment moves
    to the version that it publishes; a stage that keeps none warm does without.
    """
    provisioned = stage.concurrency_of(function.name).provisioned
    if not provisioned:
        return deployed
    return lambda_.Alias(
        scope,
        f"{function.name}Alias",
        alias_name=ALIAS,
        version=deployed.current_version,
        provisioned_concurrent_executions=provisioned,
    )
