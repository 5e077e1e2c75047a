"""Who may release and deploy: the workflows of one repository, each job with a role of its own."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.__main__ import main
from infra.stages import STAGES
from tests.infra.template import Properties, Template

ISSUER = "token.actions.githubusercontent.com"
ROLES = {
    "PushRole": "repo:acme/site:ref:refs/heads/main",
    "DeployDevRole": "repo:acme/site:environment:dev",
    "DeployProdRole": "repo:acme/site:environment:prod",
}
STAGE_OF = {"DeployDevRole": "dev", "DeployProdRole": "prod"}
HERE = "${AWS::Region}:${AWS::AccountId}"


@pytest.fixture(scope="module")
def repository(release: Template) -> Properties:
    [found] = release.all("AWS::ECR::Repository").values()
    return found


def test_there_is_a_role_for_pushing_and_one_for_each_stage(release: Template) -> None:
    assert set(release.all("AWS::IAM::Role")) == set(ROLES)
    assert set(STAGE_OF.values()) == set(STAGES)
    assert release.outputs == {f"{role}Arn": f"${{{role}.Arn}}" for role in ROLES}


@pytest.mark.parametrize("role", ROLES)
def test_github_lets_only_the_job_in_that_a_role_is_for(release: Template, role: str) -> None:
    [statement] = release.properties(role)["AssumeRolePolicyDocument"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": "${GitHub}"},
        "Condition": {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": ROLES[role]}},
    }


def test_the_push_role_can_add_releases_and_neither_remove_nor_tag_them_anew(release: Template) -> None:
    assert _granted(release, "PushRole") == {
        "*": {"ecr:GetAuthorizationToken"},
        "${Releases.Arn}": {
            "ecr:BatchCheckLayerAvailability",
            "ecr:InitiateLayerUpload",
            "ecr:UploadLayerPart",
            "ecr:CompleteLayerUpload",
            "ecr:PutImage",
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
        },
    }


@pytest.mark.parametrize("role", STAGE_OF)
def test_a_deploying_role_takes_the_cdks_roles_and_looks_at_its_stage(release: Template, role: str) -> None:
    name = f"site-communications-{STAGE_OF[role]}"
    bootstrap = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/cdk-hnb659fds-"
    assert _granted(release, role) == {
        f"{bootstrap}deploy-role-${{AWS::AccountId}}-${{AWS::Region}}": {"sts:AssumeRole"},
        f"{bootstrap}file-publishing-role-${{AWS::AccountId}}-${{AWS::Region}}": {"sts:AssumeRole"},
        "${Releases.Arn}": {"ecr:DescribeImages"},
        f"arn:${{AWS::Partition}}:cloudformation:{HERE}:stack/{name}/*": {"cloudformation:DescribeStacks"},
        f"arn:${{AWS::Partition}}:lambda:{HERE}:function:{name}-*": {"lambda:GetFunction", "lambda:InvokeFunction"},
    }


def test_a_release_is_never_changed_and_never_expires(release: Template, repository: Properties) -> None:
    assert repository["ImageTagMutability"] == "IMMUTABLE"
    [rule] = json.loads(repository["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    assert rule["selection"]["tagStatus"] == "untagged"
    assert release.resources["Releases"]["DeletionPolicy"] == "Retain"
    assert release.protected


def test_only_our_functions_in_this_account_pull(repository: Properties) -> None:
    [statement] = repository["RepositoryPolicyText"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        "Condition": {
            "StringLike": {"aws:SourceArn": f"arn:${{AWS::Partition}}:lambda:{HERE}:function:site-communications-*"}
        },
    }


def test_releases_are_scanned_also_where_prod_says_what_is_scanned(
    repository: Properties, templates: Mapping[str, Template]
) -> None:
    [rule] = templates["prod"].properties("ImageScanning")["Rules"]
    assert repository["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert repository["RepositoryName"] in {each["Filter"] for each in rule["RepositoryFilters"]}


def test_an_account_may_know_github_already_and_a_repository_may_have_ids(tmp_path: Path) -> None:
    provider = f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"
    main(["--github", "acme-12/site-34", "--github-provider", provider, "--output", str(tmp_path)])
    template = Template.named("site-communications-release", STAGES["prod"], tmp_path)
    assert template.all("AWS::IAM::OIDCProvider") == {}
    for role, subject in ROLES.items():
        [statement] = template.properties(role)["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Federated": provider}
        signed = statement["Condition"]["StringEquals"][f"{ISSUER}:sub"]
        assert signed == subject.replace("acme/site", "acme-12/site-34")


def test_cdk_nag_finds_nothing_that_is_not_accepted(release: Template) -> None:
    [report] = json.loads((release.file.parent / "validation-report.json").read_text())["pluginReports"]
    assert (report["conclusion"], report["violations"]) == ("success", [])
    assert all(each["ruleName"].startswith("AwsSolutions-IAM5[") for each in report["suppressedViolations"])
    assert len(report["suppressedViolations"]) == 1 + 2 * len(STAGES)


@pytest.mark.parametrize("name", ["acme", "acme/*", "acme/site/x", "acme/site:environment:prod"])
def test_what_is_no_repository_of_github_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--github", name])
    assert "is not the owner and the name of a repository" in capsys.readouterr().err


def _granted(release: Template, role: str) -> dict[str, set[str]]:
    """Returns what a role may do, by what it may do it to."""
    granted: dict[str, set[str]] = {}
    for policy in release.properties(role)["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            for resource in _list(statement["Resource"]):
                granted.setdefault(resource, set()).update(_list(statement["Action"]))
    return granted


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
