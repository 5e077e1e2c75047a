"""The WebSocket API: connections that a ticket opens."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_apigateway as rest
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.aws_apigatewayv2_authorizers import WebSocketLambdaAuthorizer
from aws_cdk.aws_apigatewayv2_integrations import WebSocketLambdaIntegration
from constructs import Construct

from app import catalogue
from infra.access_logs import SOCKET_FIELDS, access_log
from infra.functions import add_log_group
from infra.stages import Stage
from infra.throttling import throttle_sockets

TIMEOUT_S = 29  # API Gateway's limit


def add_socket_api(scope: Construct) -> apigateway.WebSocketApi:
    """Adds the API alone, because the functions are told its address before its routes lead to them."""
    return apigateway.WebSocketApi(scope, "SocketApi", route_selection_expression="$request.body.action")


def add_socket_route(
    api: apigateway.WebSocketApi,
    route: catalogue.SocketRoute,
    function: lambda_.IFunction,
    authorizer: WebSocketLambdaAuthorizer,
) -> apigateway.WebSocketRoute:
    """Adds a route; only `$connect` can be authorized, and what it decides holds for the connection."""
    return api.add_route(
        route.key,
        integration=WebSocketLambdaIntegration(function.node.id, function, timeout=Duration.seconds(TIMEOUT_S)),
        authorizer=authorizer if route.key == "$connect" else None,
    )


def socket_authorizer(functions: Mapping[catalogue.Function, lambda_.IFunction]) -> WebSocketLambdaAuthorizer:
    """Makes an authorizer of the one function that the catalogue names as such."""
    [(trigger, function)] = [
        (trigger, deployed)
        for function, deployed in functions.items()
        for trigger in function.triggers
        if isinstance(trigger, catalogue.SocketAuthorizer)
    ]
    source = f"route.request.querystring.{trigger.parameter}"
    return WebSocketLambdaAuthorizer("Ticket", function, identity_source=[source])


def add_socket_stage(
    api: apigateway.WebSocketApi, routes: Sequence[apigateway.WebSocketRoute], stage: Stage
) -> apigateway.WebSocketStage:
    deployed = apigateway.WebSocketStage(
        api,
        "Stage",
        web_socket_api=api,
        stage_name=stage.name,
        auto_deploy=True,
        throttle=apigateway.ThrottleSettings(
            rate_limit=stage.socket_throttle.rate, burst_limit=stage.socket_throttle.burst
        ),
        access_log_settings=access_log(add_log_group(api, "AccessLogs", stage), SOCKET_FIELDS),
    )
    throttle_sockets(deployed, routes, stage)
    if stage.sets_account_log_role:
        deployed.node.add_dependency(_set_account_log_role(api))
    return deployed


def _set_account_log_role(scope: Construct) -> rest.CfnAccount:
    """Lets API Gateway write logs in this account; kept with the stack gone, as other stacks may rely on it."""
    role = iam.Role(
        scope,
        "LogRole",
        assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
        managed_policies=[
            iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AmazonAPIGatewayPushToCloudWatchLogs")
        ],
    )
    account = rest.CfnAccount(scope, "Account", cloud_watch_role_arn=role.role_arn)
    role.apply_removal_policy(RemovalPolicy.RETAIN)
    account.apply_removal_policy(RemovalPolicy.RETAIN)
    return account
