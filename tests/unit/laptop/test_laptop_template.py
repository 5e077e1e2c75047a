"""The template for the laptop differs from the one for AWS in what it must, and in nothing else."""

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from laptop.engines import DockerEngine, ProcessEngine
from laptop.errors import LaptopError
from laptop.places import here
from laptop.template import API, STAGE, Template, fit, only

PROCESS = ProcessEngine((Path("/checkout"), Path("/packages")))
DOCKER = DockerEngine("site-communications")
REFUSE_HTTP = {"Effect": "Deny", "Action": "sns:Publish", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
ALLOW_ALARMS = {"Effect": "Allow", "Action": "sns:Publish"}


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


@pytest.fixture
def template() -> Template:
    function = resource(
        "AWS::Lambda::Function",
        PackageType="Image",
        Architectures=["arm64"],
        Code={"ImageUri": {"Fn::Sub": "${AWS::AccountId}.dkr.ecr/image:1"}},
        ImageConfig={"Command": ["app.handlers.users.get"]},
        Environment={"Variables": {"USERS_TABLE": {"Ref": "Users"}, "MANAGEMENT_ENDPOINT": "https://aws"}},
        Timeout=10,
    )
    return {
        "Rules": {"CheckBootstrapVersion": {}},
        "Parameters": {"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>"}},
        "Outputs": {"UserPoolId": {"Value": {"Ref": "Pool"}}},
        "Resources": {
            "GetUser": function,
            "Http": resource(API, ProtocolType="HTTP"),
            "Sockets": resource(API, ProtocolType="WEBSOCKET"),
            "HttpStage": resource(STAGE, ApiId={"Ref": "Http"}, StageName="$default"),
            "SocketStage": resource(STAGE, ApiId={"Ref": "Sockets"}, StageName="dev"),
            "Users": resource("AWS::DynamoDB::Table", TableName="Users"),
            "Alerts": resource("AWS::SNS::TopicPolicy", PolicyDocument={"Statement": [REFUSE_HTTP, ALLOW_ALARMS]}),
            "Others": resource("AWS::SNS::TopicPolicy", PolicyDocument={"Statement": [REFUSE_HTTP]}),
        },
    }


def function(fitted: Template) -> dict[str, Any]:
    properties: dict[str, Any] = fitted["Resources"]["GetUser"]["Properties"]
    return properties


def test_the_given_template_is_left_alone(template: Template) -> None:
    before = copy.deepcopy(template)
    fit(template, PROCESS, 4566)
    assert template == before


def test_what_needs_no_change_stays_as_it_is(template: Template) -> None:
    fitted = fit(template, PROCESS, 4566)
    assert fitted["Outputs"] == template["Outputs"]
    for name in ("Http", "Sockets", "HttpStage", "SocketStage", "Users"):
        assert fitted["Resources"][name] == template["Resources"][name]


def test_cdks_check_of_the_bootstrap_is_dropped(template: Template) -> None:
    assert fit(template, PROCESS, 4566).keys() == {"Outputs", "Resources"}


def test_a_parameter_of_ours_is_kept(template: Template) -> None:
    template["Parameters"]["Ours"] = {"Type": "String"}
    assert fit(template, PROCESS, 4566)["Parameters"] == {"Ours": {"Type": "String"}}


def test_a_process_runs_the_handler_that_the_image_would_run(template: Template) -> None:
    properties = function(fit(template, PROCESS, 4566))
    assert properties["Code"]["ZipFile"] == "from app.handlers.users import get as handler\n"
    assert properties["Handler"] == "index.handler"
    assert properties["Runtime"].startswith("python3")
    assert not properties.keys() & {"PackageType", "ImageConfig", "Architectures"}


def test_a_process_sees_the_sources_and_the_images_packages(template: Template) -> None:
    properties = function(fit(template, PROCESS, 4566))
    assert properties["Environment"]["Variables"]["PYTHONPATH"] == "/checkout:/packages"


def test_a_process_does_not_see_what_its_interpreter_has_installed() -> None:
    command = [sys.executable, "-c", "import sys, json, pytest"]
    failed = subprocess.run(  # noqa: S603
        command, env={"PYTHONPATH": str(here().worker)}, capture_output=True, text=True, check=False
    )
    assert failed.stderr.splitlines()[-1] == "ModuleNotFoundError: No module named 'pytest'"


def test_a_container_runs_the_local_image_with_its_own_command(template: Template) -> None:
    properties = function(fit(template, DOCKER, 4566))
    assert properties["Code"] == {"ImageUri": "site-communications"}
    assert properties["ImageConfig"] == {"Command": ["app.handlers.users.get"]}
    assert properties["PackageType"] == "Image"


def test_a_container_runs_on_the_machines_own_processor(template: Template) -> None:
    assert "Architectures" not in function(fit(template, DOCKER, 4566))


@pytest.mark.parametrize(("engine", "host"), [(PROCESS, "127.0.0.1"), (DOCKER, "host.docker.internal")])
def test_connections_are_managed_where_the_function_reaches_the_stand_in(
    template: Template, engine: ProcessEngine | DockerEngine, host: str
) -> None:
    variables = function(fit(template, engine, 4700))["Environment"]["Variables"]
    parts = [f"http://{host}:4700/_aws/execute-api/", {"Ref": "Sockets"}, "/dev"]
    assert variables["MANAGEMENT_ENDPOINT"] == {"Fn::Join": ["", parts]}
    assert variables["USERS_TABLE"] == {"Ref": "Users"}


def test_a_function_without_connections_gets_no_endpoint_for_them(template: Template) -> None:
    del function(template)["Environment"]["Variables"]["MANAGEMENT_ENDPOINT"]
    assert "MANAGEMENT_ENDPOINT" not in function(fit(template, PROCESS, 4566))["Environment"]["Variables"]


def test_a_function_that_is_no_image_is_left_alone(template: Template) -> None:
    template["Resources"]["Inline"] = resource("AWS::Lambda::Function", Code={"ZipFile": "pass"}, Handler="index.main")
    assert fit(template, PROCESS, 4566)["Resources"]["Inline"] == template["Resources"]["Inline"]


def test_plain_http_is_not_refused(template: Template) -> None:
    resources = fit(template, PROCESS, 4566)["Resources"]
    assert resources["Alerts"]["Properties"]["PolicyDocument"]["Statement"] == [ALLOW_ALARMS]


@pytest.mark.parametrize("kind", ["AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"])
def test_a_policy_that_only_refuses_plain_http_is_dropped(template: Template, kind: str) -> None:
    template["Resources"]["Others"]["Type"] = kind
    assert "Others" not in fit(template, PROCESS, 4566)["Resources"]


def test_any_other_refusal_stays(template: Template) -> None:
    refusal = {
        "Effect": "Deny",
        "Action": "sns:Publish",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}},
    }
    template["Resources"]["Others"]["Properties"]["PolicyDocument"]["Statement"] = [refusal]
    assert fit(template, PROCESS, 4566)["Resources"]["Others"] == template["Resources"]["Others"]


def test_a_resource_that_is_there_twice_is_not_guessed(template: Template) -> None:
    with pytest.raises(LaptopError, match="2 resources of type AWS::ApiGatewayV2::Api"):
        only(template, API)


def test_who_may_ask_is_spelled_as_the_stand_in_reads_it(template: Template) -> None:
    name = only(template, API, ProtocolType="WEBSOCKET")
    template["Resources"][name]["Properties"]["CorsConfiguration"] = {"AllowOrigins": ["*"], "MaxAge": 1}
    cors = fit(template, PROCESS, 4566)["Resources"][name]["Properties"]["CorsConfiguration"]
    assert cors == {"allowOrigins": ["*"], "maxAge": 1}


def allowed(template: Template, **statement: Any) -> dict[str, Any]:
    """Returns what becomes of the one statement of a role."""
    role = resource("AWS::IAM::Role", Policies=[{"PolicyName": "P", "PolicyDocument": {"Statement": [statement]}}])
    fitted = fit({**template, "Resources": {**template["Resources"], "Role": role}}, PROCESS, 4566)
    (policy,) = fitted["Resources"]["Role"]["Properties"]["Policies"]
    (one,) = policy["PolicyDocument"]["Statement"]
    kept: dict[str, Any] = one
    return kept


def test_who_may_send_may_send_batches_and_nothing_else(template: Template) -> None:
    assert allowed(template, Action="sqs:SendMessage", Resource="arn") == {
        "Action": ["sqs:SendMessage", "sqs:SendMessageBatch"],
        "Resource": "arn",
    }
    assert allowed(template, Action=["sns:Publish"], Resource="arn") == {"Action": ["sns:Publish"], "Resource": "arn"}


def test_devices_are_called_what_the_stand_in_calls_them(template: Template) -> None:
    endpoint = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":sns:r:a:endpoint/GCM/*"]]}
    sub = "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:app/*"
    assert allowed(template, Action="sns:Publish", Resource=[endpoint])["Resource"] == {"Fn::Sub": sub}
    for action in ("sns:DeleteEndpoint", "sns:SetEndpointAttributes", "sns:GetEndpointAttributes"):
        assert allowed(template, Action=[action], Resource=[endpoint]) == {"Action": [action], "Resource": "*"}
    created = allowed(template, Action="sns:CreatePlatformEndpoint", Resource="arn:aws:sns:r:a:app/GCM/laptop")
    assert created == {"Action": ["sns:CreatePlatformEndpoint"], "Resource": "*"}


def test_who_may_send_mail_may_do_so_from_any_address(template: Template) -> None:
    sender = {"StringEquals": {"ses:FromAddress": "no-reply@example.com"}}
    may_send = {"Effect": "Allow", "Action": "ses:SendEmail", "Resource": ["arn"], "Condition": sender}
    assert allowed(template, **may_send) == {"Effect": "Allow", "Action": ["ses:SendEmail"], "Resource": "*"}


def test_nobody_watches_a_laptop(template: Template) -> None:
    template["Resources"]["Crashes"] = resource("AWS::CloudWatch::Alarm", Metrics=[])
    template["Resources"]["Dashboard"] = resource("AWS::CloudWatch::Dashboard", DashboardBody="{}")
    assert not {"Crashes", "Dashboard"} & set(fit(template, PROCESS, 4566)["Resources"])
