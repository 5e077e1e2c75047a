"""Fits the template that goes to AWS to the stand-in; everything else in it stays as it is."""

import json
from typing import Any

from laptop.engines import Engine, with_variables
from laptop.errors import LaptopError

Template = dict[str, Any]

API = "AWS::ApiGatewayV2::Api"
STAGE = "AWS::ApiGatewayV2::Stage"
WATCHING = "AWS::CloudWatch::"

# CDK's own: which bootstrap the account has, and a check of it. A laptop has none.
BOOTSTRAP_PARAMETER = "BootstrapVersion"


def fit(template: Template, engine: Engine, port: int) -> Template:
    """Returns the template for a stand-in on this port; the given one is left alone.

    Taken away are CDK's own check, the refusal of plain HTTP, which is all that a laptop speaks, and the alarms with
    their dashboard: MiniStack 1.5.33 cannot calculate with metrics.
    """
    parameters = {name: value for name, value in template.get("Parameters", {}).items() if name != BOOTSTRAP_PARAMETER}
    management = management_endpoint(template, f"http://{engine.host}:{port}")
    resources = {
        name: _fitted(_without_refusal_of_http(resource), engine, management)
        for name, resource in template["Resources"].items()
        if not (_only_refuses_http(resource) or resource["Type"].startswith(WATCHING))
    }
    kept = {key: value for key, value in template.items() if key not in ("Rules", "Parameters")}
    return kept | {"Resources": resources} | ({"Parameters": parameters} if parameters else {})


def management_endpoint(template: Template, base: str) -> dict[str, Any]:
    """Where a function reaches `@connections`: the one thing that is at another place on a laptop."""
    api = only(template, API, ProtocolType="WEBSOCKET")
    stage = template["Resources"][only(template, STAGE, ApiId={"Ref": api})]["Properties"]["StageName"]
    return {"Fn::Join": ["", [f"{base}/_aws/execute-api/", {"Ref": api}, f"/{stage}"]]}


def only(template: Template, kind: str, **properties: Any) -> str:
    """The logical id of the one resource of this type that has these properties; raises LaptopError."""
    found: list[str] = [
        logical
        for logical, resource in template["Resources"].items()
        if resource["Type"] == kind and resource.get("Properties", {}) | properties == resource.get("Properties", {})
    ]
    if len(found) != 1:
        raise LaptopError(f"The template has {len(found)} resources of type {kind} where one is expected")
    return found[0]


def _without_refusal_of_http(resource: dict[str, Any]) -> dict[str, Any]:
    statements = _statements(resource)
    if statements is None:
        return resource
    document = resource["Properties"]["PolicyDocument"] | {
        "Statement": [one for one in statements if not _needs_tls(one)]
    }
    return resource | {"Properties": resource["Properties"] | {"PolicyDocument": document}}


def _only_refuses_http(resource: dict[str, Any]) -> bool:
    statements = _statements(resource)
    return bool(statements) and all(map(_needs_tls, statements or ()))


def _statements(resource: dict[str, Any]) -> list[dict[str, Any]] | None:
    document = resource.get("Properties", {}).get("PolicyDocument", {})
    statements: list[dict[str, Any]] | None = document.get("Statement")
    return statements


def _needs_tls(statement: dict[str, Any]) -> bool:
    refused = {"Bool": {"aws:SecureTransport": "false"}}
    return statement["Effect"] == "Deny" and statement.get("Condition") == refused


def _camel_case(cors: dict[str, Any]) -> dict[str, Any]:
    """MiniStack 1.5.33 keeps CloudFormation's spelling, and reads the API's: without this no browser gets in."""
    return {name[0].lower() + name[1:]: value for name, value in cors.items()}


# MiniStack 1.5.33 has a right of its own for SendMessageBatch, which on AWS is part of the right to send.
_BROUGHT = {"sqs:SendMessage": "sqs:SendMessageBatch"}
# It asks for the right to any resource where a device, or what devices are registered with, is to be found or changed,
# and calls devices "app/..." where AWS calls them "endpoint/...".
_OF_DEVICES = {
    "sns:CreatePlatformEndpoint",
    "sns:GetEndpointAttributes",
    "sns:SetEndpointAttributes",
    "sns:DeleteEndpoint",
}
_DEVICES = {"Fn::Sub": "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:app/*"}
# And it asks for the right to send mail as anybody, whoever the mail comes from.
_SEND_MAIL = "ses:SendEmail"


def _understood(role: dict[str, Any]) -> dict[str, Any]:
    """Writes the statements so that MiniStack allows what AWS does."""
    policies = [
        policy | {"PolicyDocument": policy["PolicyDocument"] | {"Statement": [_widened(one) for one in statements]}}
        for policy in role["Properties"]["Policies"]
        for statements in [policy["PolicyDocument"]["Statement"]]
    ]
    return role | {"Properties": role["Properties"] | {"Policies": policies}}


def _widened(statement: dict[str, Any]) -> dict[str, Any]:
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    widened = statement | {"Action": [*actions, *(_BROUGHT[action] for action in actions if action in _BROUGHT)]}
    if _SEND_MAIL in actions:
        del widened["Condition"]
    if {_SEND_MAIL, *_OF_DEVICES} & {*actions}:
        return widened | {"Resource": "*"}
    return widened | ({"Resource": _DEVICES} if ":endpoint/" in json.dumps(statement["Resource"]) else {})


def _fitted(resource: dict[str, Any], engine: Engine, management: dict[str, Any]) -> dict[str, Any]:
    properties = resource.get("Properties", {})
    if "CorsConfiguration" in properties:
        return resource | {
            "Properties": properties | {"CorsConfiguration": _camel_case(properties["CorsConfiguration"])}
        }
    if "Policies" in properties and resource["Type"] == "AWS::IAM::Role":
        return _understood(resource)
    if resource["Type"] != "AWS::Lambda::Function" or properties.get("PackageType") != "Image":
        return resource
    if "MANAGEMENT_ENDPOINT" in properties.get("Environment", {}).get("Variables", {}):
        properties = with_variables(properties, {"MANAGEMENT_ENDPOINT": management})
    return resource | {"Properties": engine.function(properties)}
