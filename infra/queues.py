"""The SQS queues, each with its dead letters, and what has the functions work them off."""

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_sns_subscriptions import SqsSubscription
from constructs import Construct

from app import catalogue
from infra.concurrency import Invoked

_WAIT_S = 20  # SQS's longest: a receive waits for messages instead of answering that there are none
# A message keeps its first age when it moves to the dead letters, so these have to be kept for longer.
_KEPT_D = 4
_DEAD_LETTERS_KEPT_D = 14  # SQS's longest


@dataclass(frozen=True, slots=True)
class Queue:
    messages: sqs.Queue
    dead_letters: sqs.Queue


def add_queue(scope: Construct, queue: catalogue.Queue) -> Queue:
    """Adds an encrypted queue that takes nothing without TLS, and such a one for its dead letters."""
    name = queue.name.capitalize()
    dead_letters = sqs.Queue(
        scope,
        f"{name}DeadLetterQueue",
        retention_period=Duration.days(_DEAD_LETTERS_KEPT_D),
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
    )
    messages = sqs.Queue(
        scope,
        f"{name}Queue",
        visibility_timeout=Duration.seconds(_hidden_s(queue)),
        delivery_delay=Duration.seconds(queue.delay_s) if queue.delay_s else None,
        retention_period=Duration.days(_KEPT_D),
        receive_message_wait_time=Duration.seconds(_WAIT_S),
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=queue.max_receives),
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
    )
    return Queue(messages, dead_letters)


def subscribe_queue(queue: Queue, topic: sns.Topic) -> None:
    """Has the queue get what is published to the topic, and lets that topic alone send to it."""
    topic.add_subscription(SqsSubscription(queue.messages, raw_message_delivery=True))


def add_queue_source(function: Invoked, source: catalogue.QueueSource, queue: Queue) -> None:
    """Has the function work off the queue; its role is allowed to by `infra.grants`."""
    lambda_.EventSourceMapping(
        function,
        f"{source.queue.name.capitalize()}Source",
        target=function,
        event_source_arn=queue.messages.queue_arn,
        batch_size=source.batch_size,
        max_concurrency=source.max_concurrency,
        report_batch_item_failures=True,
    )


def _hidden_s(queue: catalogue.Queue) -> int:
    """How long a received message is hidden from others: six times the time-out of its function, as AWS advises."""
    [timeout_s] = [
        function.timeout_s
        for function in catalogue.FUNCTIONS
        for trigger in function.triggers
        if isinstance(trigger, catalogue.QueueSource) and trigger.queue == queue
    ]
    return 6 * timeout_s
