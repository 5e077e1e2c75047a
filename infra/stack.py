"""The stack of one stage: everything that the catalogue declares, joined together."""

from collections.abc import Mapping
from typing import assert_never

from aws_cdk import CfnOutput, Stack, Tags
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from app import catalogue
from infra.cache import add_users_cache
from infra.concurrency import add_invoked
from infra.domains import add_name
from infra.functions import add_function
from infra.grants import Resources
from infra.http_api import HttpApi
from infra.image import add_image
from infra.monitoring import System, add_monitoring
from infra.queues import add_queue, add_queue_source, subscribe_queue
from infra.registry import scan_images
from infra.schedules import add_schedule
from infra.security import accept_findings
from infra.socket_api import add_socket_api, add_socket_route, add_socket_stage, socket_authorizer
from infra.stages import Stage
from infra.tables import add_table
from infra.topics import add_topic
from infra.users import Users, add_trigger, add_users

PROJECT = "site-communications"

Functions = Mapping[catalogue.Function, lambda_.Function]


class SiteCommunications(Stack):
    """One stage of the system, named `site-communications-STAGE`."""

    def __init__(self, scope: Construct, stage: Stage) -> None:
        super().__init__(scope, f"{PROJECT}-{stage.name}", termination_protection=stage.keeps_data)
        Tags.of(self).add("project", PROJECT)
        Tags.of(self).add("stage", stage.name)
        users = add_users(self, stage)
        resources = _add_resources(self, users, stage)
        image = add_image(self, stage)
        if stage.sets_image_scanning:
            scan_images(self)
        functions = {each: add_function(self, each, image, resources) for each in catalogue.FUNCTIONS}
        http_api = HttpApi(self, users, stage)
        socket_routes = _attach(self, functions, http_api, resources)
        add_monitoring(self, System(resources, functions, http_api.api))
        socket_stage = add_socket_stage(resources.sockets, socket_routes, stage)
        if stage.http_name:
            add_name(self, "Http", http_api.stage, http_api.api, stage.http_name)
        if stage.socket_name:
            add_name(self, "Socket", socket_stage, resources.sockets, stage.socket_name)
        accept_findings(self, resources)
        _output(self, {"HttpEndpoint": http_api.endpoint, "SocketEndpoint": socket_stage.url})
        _output(self, _names(users, resources, functions))


def _add_resources(scope: Construct, users: Users, stage: Stage) -> Resources:
    tables = {table: add_table(scope, table, stage) for table in catalogue.TABLES}
    cache = stage.users_cache
    resources = Resources(
        stage=stage,
        tables=tables,
        topics={topic: add_topic(scope, topic, stage) for topic in catalogue.TOPICS},
        queues={queue: add_queue(scope, queue) for queue in catalogue.QUEUES},
        user_pool=users.pool,
        sockets=add_socket_api(scope),
        users_cache=add_users_cache(scope, cache, tables[catalogue.USERS]) if cache else None,
    )
    for queue, deployed in resources.queues.items():
        if queue.topic:
            subscribe_queue(deployed, resources.topics[queue.topic])
    return resources


def _attach(
    scope: Construct, functions: Functions, http_api: HttpApi, resources: Resources
) -> list[apigateway.WebSocketRoute]:
    """Connects each function to what the catalogue says invokes it; returns the routes of the WebSocket API."""
    invoked = {each: add_invoked(scope, each, deployed, resources.stage) for each, deployed in functions.items()}
    authorizer = socket_authorizer(invoked)
    http_routes: list[apigateway.HttpRoute] = []
    socket_routes: list[apigateway.WebSocketRoute] = []
    for function, deployed in invoked.items():
        for trigger in function.triggers:
            match trigger:
                case catalogue.HttpRoute():
                    http_routes += http_api.add_route(trigger, deployed)
                case catalogue.SocketRoute():
                    socket_routes.append(add_socket_route(resources.sockets, trigger, deployed, authorizer))
                case catalogue.SocketAuthorizer():
                    pass  # stands in front of $connect, above
                case catalogue.QueueSource():
                    add_queue_source(deployed, trigger, resources.queues[trigger.queue])
                case catalogue.Schedule():
                    add_schedule(scope, trigger, deployed)
                case catalogue.UserPoolTrigger():
                    add_trigger(resources.user_pool, trigger, deployed)
                case _:
                    assert_never(trigger)
    http_api.throttle(http_routes, resources.stage)
    return socket_routes


def _names(users: Users, resources: Resources, functions: Functions) -> dict[str, str]:
    """Names, for scripts and people, what CloudFormation has named."""
    return {
        "UserPoolId": users.pool.user_pool_id,
        "UserPoolClientId": users.client.user_pool_client_id,
        **{f"{table.name}TableName": deployed.table_name for table, deployed in resources.tables.items()},
        **{f"{topic.name.capitalize()}TopicArn": deployed.topic_arn for topic, deployed in resources.topics.items()},
        **_queue_names(resources),
        **{f"{function.name}FunctionName": deployed.function_name for function, deployed in functions.items()},
    }


def _queue_names(resources: Resources) -> dict[str, str]:
    return {
        f"{queue.name.capitalize()}{kind}Url": deployed.queue_url
        for queue, both in resources.queues.items()
        for kind, deployed in (("Queue", both.messages), ("DeadLetterQueue", both.dead_letters))
    }


def _output(scope: Construct, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        CfnOutput(scope, name, value=value)
