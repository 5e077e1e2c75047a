"""What push needs of a stage: the platform applications that its operator has made."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.__main__ import main
from infra.stages import STAGES
from tests.infra.template import Template

ACCOUNT = "arn:aws:sns:eu-central-1:123456789012"
FCM, APNS = f"{ACCOUNT}:app/GCM/phones", f"{ACCOUNT}:app/APNS_SANDBOX/phones"
REGISTER = ("HandleDevices", "Push", "DeleteUser")


@pytest.fixture(scope="module")
def with_both(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return synthesized(tmp_path_factory.mktemp("both"), "--fcm-application", FCM, "--apns-application", APNS)


def synthesized(folder: Path, *options: str) -> Template:
    main(["--output", str(folder), *options])
    return Template.of(STAGES["dev"], folder)


def statements(template: Template, function: str) -> list[dict[str, Any]]:
    [policy] = template.properties(f"{function}Role")["Policies"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def creating(template: Template, function: str) -> list[Any]:
    """Returns where a function may register devices."""
    return [each["Resource"] for each in statements(template, function) if "CreatePlatform" in str(each["Action"])]


@pytest.mark.parametrize("function", REGISTER)
def test_devices_are_registered_with_the_applications_that_were_named(with_both: Template, function: str) -> None:
    assert creating(with_both, function) == [FCM, APNS]


def test_every_function_is_told_the_applications(with_both: Template) -> None:
    functions = with_both.all("AWS::Lambda::Function").values()
    told = {(each["FCM_APPLICATION"], each["APNS_APPLICATION"]) for each in map(_variables, functions)}
    assert told == {(FCM, APNS)}


def test_one_application_is_enough(tmp_path: Path) -> None:
    template = synthesized(tmp_path, "--fcm-application", FCM)
    assert creating(template, "HandleDevices") == [FCM]
    assert _variables(template.properties("HandleDevices"))["APNS_APPLICATION"] == ""


@pytest.mark.parametrize("function", REGISTER)
def test_without_an_application_nothing_is_registered_but_devices_can_be_removed(
    templates: Mapping[str, Template], function: str
) -> None:
    for template in templates.values():
        assert creating(template, function) == []
        assert "sns:DeleteEndpoint" in str(statements(template, function))


def test_only_push_may_publish_to_devices(template: Template) -> None:
    publishing = [
        name.removesuffix("Role")
        for name in template.all("AWS::IAM::Role")
        for policy in template.properties(name).get("Policies", ())  # API Gateway's has none of its own
        for each in policy["PolicyDocument"]["Statement"]
        if "sns:Publish" in str(each["Action"]) and ":endpoint/" in str(each["Resource"])
    ]
    assert publishing == ["Push"]


def _variables(function: dict[str, Any]) -> dict[str, str]:
    variables: dict[str, str] = function["Environment"]["Variables"]
    return variables
