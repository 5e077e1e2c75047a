"""What the functions may touch: each grant of the catalogue becomes one statement of a policy."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from aws_cdk import Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns

from app import catalogue
from infra.queues import Queue
from infra.stages import Stage

# What Lambda does to a queue in the name of the function that works it off.
_WORK_OFF = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


@dataclass(frozen=True, slots=True)
class Resources:
    """Everything that the catalogue can grant, as deployed."""

    stage: Stage
    tables: Mapping[catalogue.Table, dynamodb.Table]
    topics: Mapping[catalogue.Topic, sns.Topic]
    queues: Mapping[catalogue.Queue, Queue]
    user_pool: cognito.UserPool
    sockets: apigateway.WebSocketApi


def environment(function: catalogue.Function, resources: Resources) -> dict[str, str]:
    """Gives each of `catalogue.variables()` its value; what the user pool invokes is made before the pool."""
    pool = {catalogue.USER_POOL.variable: resources.user_pool.user_pool_id}
    called_by_pool = any(isinstance(trigger, catalogue.UserPoolTrigger) for trigger in function.triggers)
    return _everywhere(resources) | ({} if called_by_pool else pool)


def _everywhere(resources: Resources) -> dict[str, str]:
    stack, api = Stack.of(resources.sockets), resources.sockets.api_id
    return {
        **{table.variable: deployed.table_name for table, deployed in resources.tables.items()},
        catalogue.NOTIFICATIONS_TOPIC.variable: resources.topics[catalogue.NOTIFICATIONS_TOPIC].topic_arn,
        **{queue.variable: deployed.messages.queue_url for queue, deployed in resources.queues.items()},
        catalogue.SOCKETS.variable: (
            f"https://{api}.execute-api.{stack.region}.{stack.url_suffix}/{resources.stage.name}"
        ),
        catalogue.EMAIL_SENDER.variable: resources.stage.email_sender or "",
    }


def granted(function: catalogue.Function, stage: Stage) -> Iterator[catalogue.Grant]:
    """What the catalogue grants the function, where the stage has it, and what its triggers bring."""
    yield from (grant for grant in function.grants if grant.on != catalogue.EMAIL_SENDER or stage.email_sender)
    for trigger in function.triggers:
        if isinstance(trigger, catalogue.QueueSource):
            yield catalogue.Grant(trigger.queue, _WORK_OFF)


def statement(grant: catalogue.Grant, resources: Resources) -> iam.PolicyStatement:
    """Allows exactly what the grant names, on exactly that resource."""
    match grant.on:
        case catalogue.Table() as table:
            return _allow(grant.actions, _table_arns(grant, resources.tables[table]))
        case catalogue.Topic() as topic:
            return _allow(grant.actions, [resources.topics[topic].topic_arn])
        case catalogue.Queue() as queue:
            return _allow(grant.actions, [resources.queues[queue].messages.queue_arn])
        case catalogue.UserPool():
            return _allow(grant.actions, [resources.user_pool.user_pool_arn])
        case catalogue.Connections():
            return _allow(("execute-api:ManageConnections",), _connections_arns(grant, resources))
        case catalogue.EmailSender():
            return _send_as(grant.actions, resources)
    assert_never(grant.on)


def _allow(
    actions: tuple[str, ...], arns: list[str], conditions: Mapping[str, Mapping[str, str]] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=arns, conditions=conditions)


def _send_as(actions: tuple[str, ...], resources: Resources) -> iam.PolicyStatement:
    """Allows to send from this address alone: SES asks for the right to the identity, which may be the whole domain."""
    sender = str(resources.stage.email_sender)
    stack = Stack.of(resources.sockets)
    identities = (sender, sender.rpartition("@")[2])
    arns = [stack.format_arn(service="ses", resource="identity", resource_name=name) for name in identities]
    return _allow(actions, arns, {"StringEquals": {"ses:FromAddress": sender}})


def _table_arns(grant: catalogue.Grant, table: dynamodb.Table) -> list[str]:
    return [table.table_arn, *(f"{table.table_arn}/index/{index}" for index in grant.indexes)]


def _connections_arns(grant: catalogue.Grant, resources: Resources) -> list[str]:
    api, stage = resources.sockets, resources.stage.name
    return [
        Stack.of(api).format_arn(
            service="execute-api", resource=api.api_id, resource_name=f"{stage}/{method}/@connections/*"
        )
        for method in grant.actions
    ]
