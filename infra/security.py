"""What cdk-nag's rules "AWS Solutions" would have otherwise, and why it is so; `python -m infra --check` runs them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import Acknowledgment, App, Stack, Validations
from constructs import IConstruct

from app import catalogue
from infra.grants import Resources, cache_of, granted, statement

# What the catalogue can grant that AWS names at run time, so that no template can.
_NAMED_BY_AWS: Mapping[type, str] = {
    catalogue.Connections: "API Gateway makes up the ids of connections; API, stage and method are named.",
    catalogue.PushEndpoints: "SNS makes up the ids of devices; the kind of application is named.",
}
_TRACED = "X-Ray has no resources that PutTraceSegments could name."
_CONNECTED = f"{_TRACED} EC2 makes up the ids of interfaces, and Lambda alone may make them, not the function."


@dataclass(frozen=True, slots=True)
class Accepted:
    """A finding on one construct, and the reason why it stands."""

    construct: IConstruct
    rule: str
    reason: str


def check(app: App) -> None:
    """Has the synthesis fail with whatever is found and not accepted."""
    from cdk_nag import AwsSolutionsChecks  # noqa: PLC0415 - costs a second, and only this needs it

    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def accept_findings(stack: Stack, resources: Resources) -> None:
    """Says of what stands in the stack by now why it is so."""
    found = (*_of_users(resources), *_of_sockets(resources), *_of_cache(resources), *_of_functions(stack, resources))
    accept(found)


def accept(findings: Iterable[Accepted]) -> None:
    for finding in findings:
        accepted = Acknowledgment(id=f"AwsSolutions::AwsSolutions-{finding.rule}", reason=finding.reason)
        Validations.of(finding.construct).acknowledge(accepted)


def _of_users(resources: Resources) -> Iterator[Accepted]:
    pool = resources.user_pool
    yield Accepted(
        pool, "COG1", "Twelve characters of three kinds; NIST SP 800-63B advises against asking for symbols."
    )
    yield Accepted(pool, "COG2", "A second factor is everybody's own choice, as the site's people need no more.")
    yield Accepted(pool, "COG8", "The plan Plus costs per person and month; a site that wants its protection adds it.")


def _of_sockets(resources: Resources) -> Iterator[Accepted]:
    api = resources.sockets
    for route in ("$disconnect-Route", "$default-Route"):
        reason = "API Gateway authorizes $connect alone, and what it decides holds for the whole connection."
        yield Accepted(api.node.find_child(route), "APIG4", reason)
    if role := api.node.try_find_child("LogRole"):
        policy = "arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
        reason = (
            "It is the account's one role for API Gateway's logs, and AWS keeps the policy that it documents for it."
        )
        yield Accepted(role, f"IAM4[Policy::{policy}]", reason)


def _of_cache(resources: Resources) -> Iterator[Accepted]:
    if cache := resources.users_cache:
        reason = (
            "Only the cluster and its readers are in it, without a way out; their metrics and logs tell of traffic."
        )
        yield Accepted(cache.network, "VPC7", reason)


def _of_functions(stack: Stack, resources: Resources) -> Iterator[Accepted]:
    for function in catalogue.FUNCTIONS:
        role = stack.node.find_child(f"{function.name}Role")
        yield Accepted(role, "IAM5[Resource::*]", _CONNECTED if cache_of(function, resources) else _TRACED)
        for grant in granted(function, resources.stage):
            if reason := _NAMED_BY_AWS.get(type(grant.on)):
                for arn in statement(grant, resources).resources:
                    yield Accepted(role, f"IAM5[Resource::{written_out(stack.resolve(arn))}]", reason)


def written_out(value: Any) -> str:
    """Writes an ARN as cdk-nag does: what CloudFormation fills in stands in angle brackets."""
    match value:
        case {"Fn::Join": [str() as separator, [*parts]]}:
            return separator.join(written_out(part) for part in parts)
        case {"Ref": str() as name}:
            return f"<{name}>"
    return str(value)
