"""Where releases lie and who makes them: a stack of its own, which somebody deploys once for an account and region.

GitHub's workflows have no secret. GitHub signs for each job which branch or environment of which repository it runs
for, and a role lets in that one alone; `.github/workflows` has the jobs.
"""

from dataclasses import dataclass

from aws_cdk import ArnFormat, CfnOutput, Duration, RemovalPolicy, Stack, Tags
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.registry import RELEASES
from infra.security import Accepted, accept, written_out
from infra.stages import STAGES

_ISSUER = "token.actions.githubusercontent.com"
_AUDIENCE = "sts.amazonaws.com"  # what aws-actions/configure-aws-credentials has GitHub sign for
_UPLOAD = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
)
_DOWNLOAD = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
# The roles of CDK's bootstrap that `cdk deploy` takes: one drives CloudFormation, one puts the template into S3.
_BOOTSTRAP_ROLES = ("deploy-role", "file-publishing-role")


@dataclass(frozen=True, slots=True)
class GitHub:
    """The repository whose workflows release and deploy."""

    # As GitHub signs it: "owner/name", and "owner-123/name-456" with their ids where it was made after June 18, 2026.
    repository: str
    provider: str | None = None  # the ARN of the account's provider for GitHub, where it has one: there can be one only


class SiteCommunicationsRelease(Stack):
    """The repository of released images, a role that pushes to it, and one that deploys each stage."""

    def __init__(self, scope: Construct, github: GitHub) -> None:
        super().__init__(scope, f"{RELEASES}-release", termination_protection=True)
        Tags.of(self).add("project", RELEASES)
        releases = _add_repository(self)
        provider = (
            github.provider
            or iam.OidcProviderNative(
                self, "GitHub", url=f"https://{_ISSUER}", client_ids=[_AUDIENCE]
            ).oidc_provider_arn
        )
        _add_role(self, "Push", _principal(provider, github, "ref:refs/heads/main"), _push(releases))
        for stage in STAGES:
            principal = _principal(provider, github, f"environment:{stage}")
            _add_role(self, f"Deploy{stage.capitalize()}", principal, _deploy(self, stage, releases))


def _add_repository(stack: Stack) -> ecr.Repository:
    """Adds a repository that loses no release: tags cannot be moved, and only what has none expires."""
    repository = ecr.Repository(
        stack,
        "Releases",
        repository_name=RELEASES,
        image_tag_mutability=ecr.TagMutability.IMMUTABLE,
        image_scan_on_push=True,
        encryption=ecr.RepositoryEncryption.AES_256,
        removal_policy=RemovalPolicy.RETAIN,
    )
    repository.add_lifecycle_rule(tag_status=ecr.TagStatus.UNTAGGED, max_image_age=Duration.days(14))
    repository.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("lambda.amazonaws.com")],
            actions=list(_DOWNLOAD),
            conditions={"StringLike": {"aws:SourceArn": _functions(stack, f"{RELEASES}-*")}},
        )
    )
    return repository


def _principal(provider: str, github: GitHub, runs_for: str) -> iam.WebIdentityPrincipal:
    subject = f"repo:{github.repository}:{runs_for}"
    return iam.WebIdentityPrincipal(
        provider, {"StringEquals": {f"{_ISSUER}:aud": _AUDIENCE, f"{_ISSUER}:sub": subject}}
    )


def _add_role(stack: Stack, name: str, principal: iam.IPrincipal, statements: list[iam.PolicyStatement]) -> None:
    document = iam.PolicyDocument(statements=statements)
    role = iam.Role(stack, f"{name}Role", assumed_by=principal, inline_policies={"Grants": document})
    CfnOutput(stack, f"{name}RoleArn", value=role.role_arn)
    for statement in statements:
        for resource in map(stack.resolve, statement.resources):
            if "*" in (arn := written_out(resource)):
                accept([Accepted(role, f"IAM5[Resource::{arn}]", _WIDE[arn == "*"])])


_WIDE = {
    True: "ecr:GetAuthorizationToken is about the whole registry and has no resources that could be named.",
    False: "CloudFormation makes up the rest of the names; they begin with the stage's own stack.",
}


def _push(releases: ecr.Repository) -> list[iam.PolicyStatement]:
    return [
        iam.PolicyStatement(actions=["ecr:GetAuthorizationToken"], resources=["*"]),
        iam.PolicyStatement(actions=[*_UPLOAD, *_DOWNLOAD], resources=[releases.repository_arn]),
    ]


def _deploy(stack: Stack, stage: str, releases: ecr.Repository) -> list[iam.PolicyStatement]:
    """What a deployment takes: CDK's own roles, the list of releases, and a look at what became of the stage."""
    name = f"{RELEASES}-{stage}"
    deployed = stack.format_arn(service="cloudformation", resource="stack", resource_name=f"{name}/*")
    return [
        iam.PolicyStatement(
            actions=["sts:AssumeRole"], resources=[_bootstrap(stack, role) for role in _BOOTSTRAP_ROLES]
        ),
        iam.PolicyStatement(actions=["ecr:DescribeImages"], resources=[releases.repository_arn]),
        iam.PolicyStatement(actions=["cloudformation:DescribeStacks"], resources=[deployed]),
        iam.PolicyStatement(
            actions=["lambda:GetFunction", "lambda:InvokeFunction"], resources=[_functions(stack, f"{name}-*")]
        ),
    ]


def _functions(stack: Stack, name: str) -> str:
    return stack.format_arn(
        service="lambda", resource="function", resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
    )


def _bootstrap(stack: Stack, role: str) -> str:
    name = f"cdk-hnb659fds-{role}-{stack.account}-{stack.region}"
    return stack.format_arn(service="iam", region="", resource="role", resource_name=name)
