"""X-Ray: how long each invocation took, and how long it waited to begin; without a library in the image."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_


def trace(function: lambda_.Function) -> None:
    """Turns it on; the CDK's own way would write a policy of its own beside the function's role."""
    resource = function.node.default_child
    if not isinstance(resource, lambda_.CfnFunction):
        raise TypeError(f"{function.node.path} is no function of this stack")
    resource.tracing_config = lambda_.CfnFunction.TracingConfigProperty(mode="Active")


def may_trace() -> iam.PolicyStatement:
    """What a role needs for it. On all resources, because X-Ray has none that these actions could name."""
    return iam.PolicyStatement(actions=["xray:PutTraceSegments", "xray:PutTelemetryRecords"], resources=["*"])
