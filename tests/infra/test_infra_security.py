"""Nobody but those who have to can touch anything, and cdk-nag agrees but for what is written down with a reason."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk.aws_sqs import Queue

from infra.security import check
from tests.infra.template import Properties, Template

_OWNER = "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"
_LETS_IN = ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::KMS::Key", "AWS::Lambda::Permission")


def test_cdk_nag_finds_nothing_that_is_not_accepted(template: Template) -> None:
    report = _report(template)
    assert report["conclusion"] == "success"
    assert report["violations"] == []


def test_each_acceptance_is_of_something_found_on_that_construct_and_has_a_reason(template: Template) -> None:
    found = {
        (finding["acknowledgedId"], finding["acknowledgedAt"])
        for finding in _report(template)["suppressedViolations"]
        if len(finding["reason"]) > 20
    }
    assert found == set(_accepted(template))


def test_few_kinds_of_findings_are_accepted(template: Template) -> None:
    rules = Counter(re.sub(r"\[.*", "", rule) for rule, _ in _accepted(template))
    assert {rule.removeprefix("AwsSolutions::AwsSolutions-") for rule in rules} == {
        "APIG4",
        "COG1",
        "COG2",
        "COG8",
        "IAM4",
        "IAM5",
    }


def test_the_check_fails_with_what_is_found_and_not_accepted(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path), analytics_reporting=False)
    Queue(Stack(app, "Open"), "WithoutTls")
    check(app)
    with pytest.raises(RuntimeError, match="AwsSolutions-SQS4"):
        app.synth()


def test_only_the_owner_has_all_actions_on_anything(template: Template) -> None:
    for name, statement in _statements(template):
        if statement["Effect"] == "Allow" and any(action.endswith("*") for action in _list(statement["Action"])):
            of_the_key = statement["Action"] == "kms:*" and statement["Principal"] == {"AWS": _OWNER}
            assert of_the_key or statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"], name


def test_only_x_ray_is_granted_on_everything(template: Template) -> None:
    everywhere = [
        _list(statement["Action"])
        for name, statement in _statements(template)
        if template.resources[name]["Type"] == "AWS::IAM::Role" and "*" in _list(statement.get("Resource", []))
    ]
    assert everywhere
    assert all(actions == ["xray:PutTraceSegments", "xray:PutTelemetryRecords"] for actions in everywhere)


def test_a_service_gets_in_only_on_behalf_of_a_resource_of_this_account(template: Template) -> None:
    for name, statement in _let_in(template):
        source = statement.get("SourceArn") or statement["Condition"]
        assert "${AWS::AccountId}" in str(source) or re.search(r"\$\{\w+(\.Arn)?\}", str(source)), name
        assert "SourceAccount" in str(statement) or _names_its_source(statement), name


def test_everything_is_encrypted_where_it_lies(template: Template) -> None:
    assert all(table["SSESpecification"]["SSEEnabled"] for table in template.all("AWS::DynamoDB::Table").values())
    assert all(queue["SqsManagedSseEnabled"] for queue in template.all("AWS::SQS::Queue").values())
    assert all(topic["KmsMasterKeyId"] for topic in template.all("AWS::SNS::Topic").values())


def test_a_template_is_far_from_cloudformations_limits(template: Template) -> None:
    assert len(template.resources) < 400  # of 500
    assert template.file.stat().st_size < 600_000  # of 1 MB


def _report(template: Template) -> Properties:
    report = json.loads((template.file.parent / "validation-report.json").read_text())
    [found] = report["pluginReports"]
    plugin: Properties = found
    return plugin


def _accepted(template: Template) -> Iterator[tuple[str, str]]:
    """Each acceptance of the code, as the assembly keeps it: rule and construct."""
    name = f"site-communications-{template.stage.name}.metadata.json"
    for path, entries in json.loads((template.file.parent / name).read_text()).items():
        for entry in entries:
            if entry["type"] == "aws:cdk:acknowledged-rules":
                yield from ((rule, path.removeprefix("/")) for rule in entry["data"])


def _statements(template: Template) -> Iterator[tuple[str, Properties]]:
    """Every statement of a policy, under the name of the resource that has it."""
    for name, resource in template.resources.items():
        for document in _documents(resource.get("Properties", {})):
            yield from ((name, statement) for statement in document["Statement"])


def _documents(value: Any) -> Iterator[Properties]:
    match value:
        case {"Statement": _}:
            yield value
        case dict():
            for each in value.values():
                yield from _documents(each)
        case list():
            for each in value:
                yield from _documents(each)


def _let_in(template: Template) -> Iterator[tuple[str, Properties]]:
    """What lets services in: statements of resource policies, and permissions to invoke."""
    for name, statement in _statements(template):
        resource = template.resources[name]["Type"]
        if resource in _LETS_IN and statement["Effect"] == "Allow" and "Service" in statement["Principal"]:
            yield name, statement
    yield from template.all("AWS::Lambda::Permission").items()


def _names_its_source(statement: Properties) -> bool:
    """Whether the source is one resource of this stack, whose ARN has the account in it."""
    condition = statement.get("Condition", {})
    source = statement.get("SourceArn") or condition.get("ArnEquals", condition.get("ArnLike", {})).get("aws:SourceArn")
    return isinstance(source, str) and source != "*"


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
