from collections.abc import Mapping
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest
from aws_cdk import App

from app import catalogue
from infra.__main__ import main
from infra.stack import SiteCommunications
from infra.stages import STAGES
from tests.infra.template import Template

KEPT = {"AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::Cognito::UserPool", "AWS::Logs::LogGroup"}


def test_the_stages_are_dev_and_prod_and_cannot_be_changed() -> None:
    assert list(STAGES) == ["dev", "prod"]
    assert all(name == stage.name for name, stage in STAGES.items())
    with pytest.raises(FrozenInstanceError):
        STAGES["dev"].keeps_data = True  # type: ignore[misc]


def test_an_unknown_stage_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--stage", "qa"])
    assert "invalid choice: 'qa' (choose from 'dev', 'prod')" in capsys.readouterr().err


@pytest.mark.parametrize(("stage", "policy"), [("dev", "Delete"), ("prod", "Retain")])
def test_what_people_entrusted_to_prod_outlives_the_stack(
    templates: Mapping[str, Template], stage: str, policy: str
) -> None:
    kept = [each for each in templates[stage].resources.values() if each["Type"] in KEPT]
    assert {each["Type"] for each in kept} == KEPT
    assert {(each["DeletionPolicy"], each["UpdateReplacePolicy"]) for each in kept} == {(policy, policy)}


def test_only_prod_is_protected_from_being_deleted(templates: Mapping[str, Template]) -> None:
    assert {name: template.protected for name, template in templates.items()} == {"dev": False, "prod": True}


def test_everything_that_can_be_tagged_names_the_project_and_the_stage(template: Template) -> None:
    stage = template.stage.name
    tags = [each["Properties"].get("Tags") or each["Properties"].get("UserPoolTags") for each in _taggable(template)]
    in_words = {"project": "site-communications", "stage": stage}
    assert len(tags) > len(catalogue.FUNCTIONS) * 3
    assert all(_as_words(each) == in_words for each in tags)


def test_a_stage_may_run_on_arm_and_leave_the_accounts_log_role_alone(tmp_path: Path) -> None:
    stage = replace(STAGES["dev"], architecture="arm64", sets_account_log_role=False)
    app = App(outdir=str(tmp_path), analytics_reporting=False)
    SiteCommunications(app, stage)
    app.synth()
    template = Template.of(stage, tmp_path)
    assert [image["source"]["platform"] for image in template.images] == ["linux/arm64"]
    functions = template.all("AWS::Lambda::Function").values()
    assert [function["Architectures"] for function in functions] == [["arm64"]] * len(catalogue.FUNCTIONS)
    assert "AWS::ApiGateway::Account" not in {each["Type"] for each in template.resources.values()}


def test_the_outputs_name_what_scripts_look_for(template: Template) -> None:
    socket = "wss://${SocketApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}"
    assert template.outputs == {
        "HttpEndpoint": "${HttpApi.ApiEndpoint}",
        "SocketEndpoint": f"{socket}/{template.stage.name}",
        "UserPoolId": "${UserPool}",
        "UserPoolClientId": "${UserPoolClient}",
        "NotificationsTopicArn": "${NotificationsTopic}",
        "AlertsTopicArn": "${AlertsTopic}",
        **{f"{table.name}TableName": f"${{{table.name}}}" for table in catalogue.TABLES},
        **{f"{name}Url": f"${{{name}}}" for name in template.all("AWS::SQS::Queue")},
        **{f"{function.name}FunctionName": f"${{{function.name}}}" for function in catalogue.FUNCTIONS},
    }


def _taggable(template: Template) -> list[dict[str, dict[str, object]]]:
    of_apis = ("Route", "Integration", "Authorizer", "Account")
    of_functions = ("Permission", "Config", "Alias", "Version")
    others = ("Policy", "Group", "Client", "Subscription", "ScanningConfiguration")
    untaggable = (*of_apis, *of_functions, *others)
    return [
        each
        for each in template.resources.values()
        if not each["Type"].endswith(untaggable) or each["Type"] == "AWS::Logs::LogGroup"
    ]


def _as_words(tags: object) -> object:
    return {tag["Key"]: tag["Value"] for tag in tags} if isinstance(tags, list) else tags
