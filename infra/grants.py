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
from infra.cache import Cache
from infra.queues import Queue
from infra.stages import Stage

# The kinds of platform application, as SNS names them in the ARNs of their endpoints.
_KINDS_OF_ENDPOINT = ("GCM", "APNS", "APNS_SANDBOX")
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
    users_cache: Cache | None


def environment(function: catalogue.Function, resources: Resources) -> dict[str, str]:
    """Gives each of `catalogue.variables()` its value; what the user pool invokes is made before the pool."""
    pool = {catalogue.USER_POOL.variable: resources.user_pool.user_pool_id}
    called_by_pool = any(isinstance(trigger, catalogue.UserPoolTrigger) for trigger in function.triggers)
    cache = {catalogue.USERS_CACHE.variable: cache.endpoint if (cache := cache_of(function, resources)) else ""}
    return _everywhere(resources) | cache | ({} if called_by_pool else pool)


def cache_of(function: catalogue.Function, resources: Resources) -> Cache | None:
    """Returns the users cache if there is one that the function may ask."""
    asks = any(grant.on == catalogue.USERS_CACHE for grant in function.grants)
    return resources.users_cache if asks else None


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
        **{each.variable: _application(each, resources.stage) for each in catalogue.PUSH_APPLICATIONS},
        "SENDS_PER_MIN": str(resources.stage.sends_per_min),
    }


def granted(function: catalogue.Function, stage: Stage) -> Iterator[catalogue.Grant]:
    """What the catalogue grants the function, where the stage has it, and what its triggers bring."""
    absent = set(_absent(stage))
    yield from (grant for grant in function.grants if grant.on not in absent)
    for trigger in function.triggers:
        if isinstance(trigger, catalogue.QueueSource):
            yield catalogue.Grant(trigger.queue, _WORK_OFF)


def statement(grant: catalogue.Grant, resources: Resources) -> iam.PolicyStatement:
    """Allows exactly what the grant names, on exactly that resource."""
    methods = isinstance(grant.on, catalogue.Connections)  # HTTP's, which stand in the ARNs
    actions = ["execute-api:ManageConnections"] if methods else list(grant.actions)
    conditions = _conditions(grant, resources.stage)
    return iam.PolicyStatement(actions=actions, resources=_arns(grant, resources), conditions=conditions)


def _absent(stage: Stage) -> Iterator[catalogue.Resource]:
    if not stage.email_sender:
        yield catalogue.EMAIL_SENDER
    if not stage.users_cache:
        yield catalogue.USERS_CACHE
    yield from (each for each in catalogue.PUSH_APPLICATIONS if not _application(each, stage))


def _conditions(grant: catalogue.Grant, stage: Stage) -> Mapping[str, Mapping[str, str | None]] | None:
    if grant.on == catalogue.EMAIL_SENDER:
        return {"StringEquals": {"ses:FromAddress": stage.email_sender}}
    return None


def _arns(grant: catalogue.Grant, resources: Resources) -> list[str]:
    match grant.on:
        case catalogue.Table() as table:
            arns = _table_arns(grant, resources.tables[table])
        case catalogue.Topic() as topic:
            arns = [resources.topics[topic].topic_arn]
        case catalogue.Queue() as queue:
            arns = [resources.queues[queue].messages.queue_arn]
        case catalogue.UserPool():
            arns = [resources.user_pool.user_pool_arn]
        case catalogue.Connections():
            arns = _connections_arns(grant, resources)
        case catalogue.EmailSender():
            arns = _identity_arns(resources)
        case catalogue.UsersCache():
            arns = [resources.users_cache.cluster.attr_arn] if resources.users_cache else []
        case catalogue.PushApplication() as application:
            arns = [_application(application, resources.stage)]
        case catalogue.PushEndpoints():
            arns = _endpoint_arns(resources)
        case _:
            assert_never(grant.on)
    return arns


def _table_arns(grant: catalogue.Grant, table: dynamodb.Table) -> list[str]:
    return [f"{table.table_arn}/index/{index}" for index in grant.indexes] or [table.table_arn]


def _connections_arns(grant: catalogue.Grant, resources: Resources) -> list[str]:
    api, stage = resources.sockets, resources.stage.name
    return [
        Stack.of(api).format_arn(
            service="execute-api", resource=api.api_id, resource_name=f"{stage}/{method}/@connections/*"
        )
        for method in grant.actions
    ]


def _identity_arns(resources: Resources) -> list[str]:
    """SES asks for the right to what it has verified: the address, or the whole domain."""
    sender = str(resources.stage.email_sender)
    stack = Stack.of(resources.sockets)
    identities = (sender, sender.rpartition("@")[2])
    return [stack.format_arn(service="ses", resource="identity", resource_name=name) for name in identities]


def _endpoint_arns(resources: Resources) -> list[str]:
    """Those of every application: one that the stage no longer has leaves devices behind that are removed in time."""
    return [
        Stack.of(resources.sockets).format_arn(service="sns", resource="endpoint", resource_name=f"{kind}/*")
        for kind in _KINDS_OF_ENDPOINT
    ]


def _application(application: catalogue.PushApplication, stage: Stage) -> str:
    """The ARN of an application, empty where the stage has none."""
    return {"fcm": stage.fcm_application, "apns": stage.apns_application}[application.name] or ""
