"""The HTTP API: the catalogue's routes behind Cognito's access tokens."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk.aws_apigatewayv2_authorizers import HttpUserPoolAuthorizer
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from app import catalogue
from infra.access_logs import HTTP_FIELDS, access_log
from infra.functions import add_log_group
from infra.stages import Stage
from infra.throttling import throttle_http
from infra.users import Users

TIMEOUT_S = 29  # the CDK's limit; API Gateway's own is 30

# What the handlers read and answer beyond the headers that browsers always allow.
_REQUEST_HEADERS = ["authorization", "content-type", "idempotency-key", "if-match", "if-none-match"]
_RESPONSE_HEADERS = ["etag", "location", "retry-after"]


class HttpApi:
    """An API whose routes all require an access token."""

    def __init__(self, scope: Construct, users: Users, stage: Stage) -> None:
        self.api = apigateway.HttpApi(scope, "HttpApi", create_default_stage=False, cors_preflight=_cors(stage))
        self._authorizer = HttpUserPoolAuthorizer("AccessToken", users.pool, user_pool_clients=[users.client])
        self.stage = _add_stage(self.api, stage)

    @property
    def endpoint(self) -> str:
        """The address without a path: `$default` is the one stage whose name is no part of it."""
        return self.api.api_endpoint

    def add_route(self, route: catalogue.HttpRoute, function: lambda_.IFunction) -> list[apigateway.HttpRoute]:
        return self.api.add_routes(
            path=route.path,
            methods=[apigateway.HttpMethod[route.method]],
            integration=HttpLambdaIntegration(function.node.id, function, timeout=Duration.seconds(TIMEOUT_S)),
            authorizer=self._authorizer,
            authorization_scopes=[catalogue.ACCESS_SCOPE],
        )

    def throttle(self, routes: Sequence[apigateway.HttpRoute], stage: Stage) -> None:
        """Gives each route its part of the stage's rate; to be called when all routes are there."""
        throttle_http(self.stage, routes, stage)


def _cors(stage: Stage) -> apigateway.CorsPreflightOptions:
    methods = {
        trigger.method
        for function in catalogue.FUNCTIONS
        for trigger in function.triggers
        if isinstance(trigger, catalogue.HttpRoute)
    }
    return apigateway.CorsPreflightOptions(
        allow_origins=list(stage.origins),
        allow_methods=[apigateway.CorsHttpMethod[method] for method in sorted(methods)],
        allow_headers=_REQUEST_HEADERS,
        expose_headers=_RESPONSE_HEADERS,
        max_age=Duration.hours(1),
    )


def _add_stage(api: apigateway.HttpApi, stage: Stage) -> apigateway.HttpStage:
    return apigateway.HttpStage(
        api,
        "Stage",
        http_api=api,
        stage_name="$default",
        auto_deploy=True,
        throttle=apigateway.ThrottleSettings(
            rate_limit=stage.http_throttle.rate, burst_limit=stage.http_throttle.burst
        ),
        access_log_settings=access_log(add_log_group(api, "AccessLogs", stage), HTTP_FIELDS),
    )
