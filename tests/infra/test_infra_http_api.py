import pytest

from app.catalogue import ACCESS_SCOPE, FUNCTIONS, HttpRoute
from tests.infra import access_log
from tests.infra.template import Properties, Template

FUNCTION_OF = {
    trigger: function for function in FUNCTIONS for trigger in function.triggers if isinstance(trigger, HttpRoute)
}
ROUTES = pytest.mark.parametrize("route", FUNCTION_OF, ids=lambda route: route.key)


def test_the_routes_are_those_of_the_catalogue(template: Template) -> None:
    assert sorted(each["RouteKey"] for each in _routes(template)) == sorted(route.key for route in FUNCTION_OF)


@ROUTES
def test_a_route_requires_an_access_token(template: Template, route: HttpRoute) -> None:
    deployed = _route(template, route)
    deployed.pop("Target")
    assert deployed == {
        "ApiId": "${HttpApi}",
        "RouteKey": route.key,
        "AuthorizationType": "JWT",
        "AuthorizationScopes": [ACCESS_SCOPE],
        "AuthorizerId": "${HttpApiAccessToken}",
    }


@ROUTES
def test_a_route_leads_to_its_function_and_waits_longer_than_it_takes(template: Template, route: HttpRoute) -> None:
    target = _route(template, route)["Target"].removeprefix("integrations/${").removesuffix("}")
    assert template.properties(target) == {
        "ApiId": "${HttpApi}",
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": template.invoked(FUNCTION_OF[route].name),
        "PayloadFormatVersion": "2.0",
        "TimeoutInMillis": 29_000,
    }
    assert FUNCTION_OF[route].timeout_s <= 29


def test_only_its_own_route_of_the_api_may_invoke_a_function(template: Template) -> None:
    api = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${HttpApi}"
    permissions = [each for each in template.all("AWS::Lambda::Permission").values() if "HttpApi" in each["SourceArn"]]
    expected = [
        {
            "Action": "lambda:InvokeFunction",
            "FunctionName": template.invoked(function.name),
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": f"{api}/*/*{route.path}",
        }
        for route, function in FUNCTION_OF.items()
    ]
    assert sorted(permissions, key=str) == sorted(expected, key=str)


def test_the_authorizer_believes_tokens_of_the_user_pool_for_its_client(template: Template) -> None:
    assert template.properties("HttpApiAccessToken") == {
        "ApiId": "${HttpApi}",
        "Name": "AccessToken",
        "AuthorizerType": "JWT",
        "IdentitySource": ["$request.header.Authorization"],
        "JwtConfiguration": {
            "Audience": ["${UserPoolClient}"],
            "Issuer": "https://cognito-idp.${AWS::Region}.amazonaws.com/${UserPool}",
        },
    }


def test_pages_of_the_stages_origins_may_call_the_api(template: Template) -> None:
    assert template.properties("HttpApi") == {
        "Name": "HttpApi",
        "ProtocolType": "HTTP",
        "CorsConfiguration": {
            "AllowOrigins": list(template.stage.origins),
            "AllowMethods": sorted({route.method for route in FUNCTION_OF}),
            "AllowHeaders": ["authorization", "content-type", "idempotency-key", "if-match", "if-none-match"],
            "ExposeHeaders": ["etag", "location", "retry-after"],
            "MaxAge": 3600,
        },
    }


def test_the_stage_deploys_itself_throttles_and_logs(template: Template) -> None:
    stage = template.properties("HttpApiStage")
    stage["AccessLogSettings"] = {**stage["AccessLogSettings"], "Format": "below"}
    stage.pop("RouteSettings")  # tests/infra/test_infra_throttling.py
    throttle = template.stage.http_throttle
    assert stage == {
        "ApiId": "${HttpApi}",
        "StageName": "$default",
        "AutoDeploy": True,
        "DefaultRouteSettings": {"ThrottlingRateLimit": throttle.rate, "ThrottlingBurstLimit": throttle.burst},
        "AccessLogSettings": {"DestinationArn": "${HttpApiAccessLogs.Arn}", "Format": "below"},
    }
    assert throttle.rate > 0
    assert throttle.burst > 0


def test_the_access_log_tells_what_went_wrong_and_no_secret(template: Template) -> None:
    line = template.properties("HttpApiStage")["AccessLogSettings"]["Format"]
    assert access_log.fields(line) == {
        **access_log.BOTH,
        "responseLatency": "responseLatency",
        "responseLength": "responseLength",
    }


def _routes(template: Template) -> list[Properties]:
    return [each for each in template.all("AWS::ApiGatewayV2::Route").values() if each["ApiId"] == "${HttpApi}"]


def _route(template: Template, route: HttpRoute) -> Properties:
    return next(each for each in _routes(template) if each["RouteKey"] == route.key)
