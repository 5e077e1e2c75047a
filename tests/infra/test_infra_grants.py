from collections.abc import Mapping
from typing import Any, assert_never

import pytest

from app.catalogue import (
    FUNCTIONS,
    Connections,
    EmailSender,
    Function,
    Grant,
    PushApplication,
    PushEndpoints,
    Queue,
    QueueSource,
    Table,
    Topic,
    UserPool,
    UsersCache,
)
from infra.stages import Stage
from tests.infra.template import Template

Allowed = set[tuple[str, str]]  # (action, resource)
_ACCOUNT = "arn:${{AWS::Partition}}:{}:${{AWS::Region}}:${{AWS::AccountId}}"
[SEND_MAIL] = [function for function in FUNCTIONS if function.name == "SendMail"]
_TRACES = {("xray:PutTraceSegments", "*"), ("xray:PutTelemetryRecords", "*")}  # X-Ray has no resources to name


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_role_allows_what_the_catalogue_grants_its_queue_its_log_and_its_traces_and_nothing_else(
    template: Template, function: Function
) -> None:
    granted = _brought_by_triggers(function)
    for grant in function.grants:
        granted |= _granted(grant, template.stage)
    log = f"${{{function.name}Logs.Arn}}"
    assert _allowed(_role(template, function)) == granted | {
        ("logs:CreateLogStream", log),
        ("logs:PutLogEvents", log),
        *_TRACES,
    }


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_role_is_for_lambda_alone_and_has_one_policy_of_its_own(template: Template, function: Function) -> None:
    role = _role(template, function)
    assert set(role) == {"AssumeRolePolicyDocument", "Policies"}
    assert len(role["Policies"]) == 1
    assert role["AssumeRolePolicyDocument"]["Statement"] == [
        {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    ]


def test_every_granted_index_exists() -> None:
    for grant in (grant for function in FUNCTIONS for grant in function.grants):
        known = {index.name for index in grant.on.indexes} if isinstance(grant.on, Table) else set()
        assert set(grant.indexes) <= known


def test_mail_goes_out_from_the_address_of_the_stage_alone(templates: Mapping[str, Template]) -> None:
    statements = _role(templates["prod"], SEND_MAIL)["Policies"][0]["PolicyDocument"]["Statement"]
    conditions = {each["Action"]: each["Condition"] for each in statements if "Condition" in each}
    assert conditions == {"ses:SendEmail": {"StringEquals": {"ses:FromAddress": "no-reply@example.com"}}}


def test_a_stage_without_a_sender_may_send_no_mail(templates: Mapping[str, Template]) -> None:
    assert not [action for action, _ in _allowed(_role(templates["dev"], SEND_MAIL)) if action.startswith("ses:")]
    assert templates["dev"].properties("SendMail")["Environment"]["Variables"]["EMAIL_SENDER"] == ""


def test_every_function_has_a_role_of_its_own(template: Template) -> None:
    roles = [function["Role"] for function in template.all("AWS::Lambda::Function").values()]
    assert len(set(roles)) == len(FUNCTIONS)


def test_no_policy_stands_beside_the_roles(template: Template) -> None:
    assert template.all("AWS::IAM::Policy") == {}
    assert template.all("AWS::IAM::ManagedPolicy") == {}


def test_no_action_is_a_wildcard(template: Template) -> None:
    actions = {action for function in FUNCTIONS for action, _ in _allowed(_role(template, function)) if "*" in action}
    assert actions == set()


def _role(template: Template, function: Function) -> dict[str, Any]:
    assert template.properties(function.name)["Role"] == f"${{{function.name}Role.Arn}}"
    return template.properties(f"{function.name}Role")


def _allowed(role: dict[str, Any]) -> Allowed:
    statements = [each for policy in role["Policies"] for each in policy["PolicyDocument"]["Statement"]]
    assert all(set(each) - {"Condition"} == {"Action", "Effect", "Resource"} for each in statements)
    assert {each["Effect"] for each in statements} == {"Allow"}
    return {
        (action, resource)
        for each in statements
        for action in _list(each["Action"])
        for resource in _list(each["Resource"])
    }


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _brought_by_triggers(function: Function) -> Allowed:
    return {
        (f"sqs:{action}", f"${{{trigger.queue.name.capitalize()}Queue.Arn}}")
        for trigger in function.triggers
        if isinstance(trigger, QueueSource)
        for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    }


def _granted(grant: Grant, stage: Stage) -> Allowed:
    if isinstance(grant.on, Connections):
        api = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${SocketApi}"
        return {
            ("execute-api:ManageConnections", f"{api}/{stage.name}/{method}/@connections/*") for method in grant.actions
        }
    return {(action, arn) for action in grant.actions for arn in _arns(grant, stage) if arn}


def _arns(grant: Grant, stage: Stage) -> list[str | None]:
    """The ARNs of what is granted; those that the stage lacks are None, or not there."""
    arns: list[str | None]
    match grant.on:
        case Table(name=name):
            arns = [f"${{{name}.Arn}}/index/{index}" for index in grant.indexes] or [f"${{{name}.Arn}}"]
        case Topic(name=name):
            arns = [f"${{{name.capitalize()}Topic}}"]
        case Queue(name=name):
            arns = [f"${{{name.capitalize()}Queue.Arn}}"]
        case UserPool():
            arns = ["${UserPool.Arn}"]
        case EmailSender():
            names = (stage.email_sender, stage.email_sender.partition("@")[2]) if stage.email_sender else ()
            arns = [f"{_ACCOUNT.format('ses')}:identity/{name}" for name in names]
        case PushApplication(name=name):
            arns = [getattr(stage, f"{name}_application")]
        case PushEndpoints():
            arns = [f"{_ACCOUNT.format('sns')}:endpoint/{kind}/*" for kind in ("GCM", "APNS", "APNS_SANDBOX")]
        case UsersCache():
            arns = ["${UsersCache.Arn}"] if stage.users_cache else []
        case Connections():
            arns = []
        case _:
            assert_never(grant.on)
    return arns
