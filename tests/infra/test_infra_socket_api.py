from collections.abc import Mapping

from app.catalogue import FUNCTIONS, SocketAuthorizer, SocketRoute
from tests.infra import access_log
from tests.infra.template import Properties, Template

FUNCTION_OF = {
    trigger: function for function in FUNCTIONS for trigger in function.triggers if isinstance(trigger, SocketRoute)
}
[(AUTHORIZER, AUTHORIZING)] = [
    (trigger, function)
    for function in FUNCTIONS
    for trigger in function.triggers
    if isinstance(trigger, SocketAuthorizer)
]
_API_ARN = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${SocketApi}"


def test_the_api_chooses_the_route_by_the_action_of_a_frame(template: Template) -> None:
    assert template.properties("SocketApi") == {
        "Name": "SocketApi",
        "ProtocolType": "WEBSOCKET",
        "RouteSelectionExpression": "$request.body.action",
    }


def test_the_routes_are_those_of_the_catalogue_and_connecting_needs_the_authorizer(template: Template) -> None:
    routes = [each for each in template.all("AWS::ApiGatewayV2::Route").values() if each["ApiId"] == "${SocketApi}"]
    targets = {route["RouteKey"]: route.pop("Target") for route in routes}
    authorization: Mapping[str, Properties] = {
        "$connect": {"AuthorizationType": "CUSTOM", "AuthorizerId": "${SocketApiTicket}"}
    }
    assert {route["RouteKey"]: route for route in routes} == {
        route.key: {
            "ApiId": "${SocketApi}",
            "RouteKey": route.key,
            **authorization.get(route.key, {"AuthorizationType": "NONE"}),
        }
        for route in FUNCTION_OF
    }
    for route, function in FUNCTION_OF.items():
        target = targets[route.key].removeprefix("integrations/${").removesuffix("}")
        assert template.properties(target) == _integration(template.invoked(function.name))
        assert function.timeout_s <= 29


def test_the_ticket_in_the_address_is_what_the_authorizer_looks_at(template: Template) -> None:
    assert template.properties("SocketApiTicket") == {
        "ApiId": "${SocketApi}",
        "Name": "Ticket",
        "AuthorizerType": "REQUEST",
        "AuthorizerUri": _invocation(template.invoked(AUTHORIZING.name)),
        "IdentitySource": [f"route.request.querystring.{AUTHORIZER.parameter}"],
    }


def test_only_its_own_route_or_authorizer_may_invoke_a_function(template: Template) -> None:
    permissions = [
        each for each in template.all("AWS::Lambda::Permission").values() if "SocketApi" in each["SourceArn"]
    ]
    sources = [(function.name, f"/*{route.key}") for route, function in FUNCTION_OF.items()]
    sources.append((AUTHORIZING.name, "/authorizers/${SocketApiTicket}"))
    expected = [
        {
            "Action": "lambda:InvokeFunction",
            "FunctionName": template.invoked(name),
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": f"{_API_ARN}{path}",
        }
        for name, path in sources
    ]
    assert sorted(permissions, key=str) == sorted(expected, key=str)


def test_the_stage_is_named_after_the_deployment_throttles_and_logs(template: Template) -> None:
    stage = template.properties("SocketApiStage")
    stage["AccessLogSettings"] = {**stage["AccessLogSettings"], "Format": "below"}
    stage.pop("RouteSettings")  # tests/infra/test_infra_throttling.py
    throttle = template.stage.socket_throttle
    assert stage == {
        "ApiId": "${SocketApi}",
        "StageName": template.stage.name,
        "AutoDeploy": True,
        "DefaultRouteSettings": {"ThrottlingRateLimit": throttle.rate, "ThrottlingBurstLimit": throttle.burst},
        "AccessLogSettings": {"DestinationArn": "${SocketApiAccessLogs.Arn}", "Format": "below"},
    }
    assert throttle.rate > 0
    assert throttle.burst > 0


def test_the_access_log_tells_what_went_wrong_and_no_secret(template: Template) -> None:
    line = template.properties("SocketApiStage")["AccessLogSettings"]["Format"]
    assert access_log.fields(line) == {
        **access_log.BOTH,
        "connectionId": "connectionId",
        "eventType": "eventType",
        "messageId": "messageId",
    }


def test_the_account_may_write_access_logs_before_the_stage_needs_it_and_after_the_stack(template: Template) -> None:
    assert "SocketApiAccount" in template.resources["SocketApiStage"]["DependsOn"]
    assert template.resources["SocketApiAccount"] == {
        "DependsOn": [],
        "Type": "AWS::ApiGateway::Account",
        "Properties": {"CloudWatchRoleArn": "${SocketApiLogRole.Arn}"},
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
    }
    assert template.resources["SocketApiLogRole"]["DeletionPolicy"] == "Retain"
    assert template.properties("SocketApiLogRole")["ManagedPolicyArns"] == [
        "arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
    ]


def _integration(arn: str) -> Properties:
    return {
        "ApiId": "${SocketApi}",
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": _invocation(arn),
        "TimeoutInMillis": 29_000,
    }


def _invocation(arn: str) -> str:
    lambda_api = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31"
    return f"{lambda_api}/functions/{arn}/invocations"
