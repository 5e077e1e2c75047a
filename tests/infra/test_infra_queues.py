import pytest

from app.catalogue import FUNCTIONS, QUEUES, Function, Queue, QueueSource
from tests.infra.template import Properties, Template

SOURCES = [
    (source, function) for function in FUNCTIONS for source in function.triggers if isinstance(source, QueueSource)
]
_DAY_S = 86_400
EACH_QUEUE = pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.name)


def test_there_are_the_queues_of_the_catalogue_each_with_its_dead_letters_and_no_others(template: Template) -> None:
    assert set(template.all("AWS::SQS::Queue")) == {
        f"{queue.name.capitalize()}{kind}" for queue in QUEUES for kind in ("Queue", "DeadLetterQueue")
    }


@EACH_QUEUE
def test_a_queue_is_encrypted_waits_for_messages_and_sorts_out_what_fails_too_often(
    template: Template, queue: Queue
) -> None:
    name = queue.name.capitalize()
    properties = template.properties(f"{name}Queue")
    properties.pop("VisibilityTimeout")
    assert properties.pop("DelaySeconds", 0) == queue.delay_s
    assert properties == {
        "SqsManagedSseEnabled": True,
        "ReceiveMessageWaitTimeSeconds": 20,
        "MessageRetentionPeriod": 4 * _DAY_S,
        "RedrivePolicy": {
            "deadLetterTargetArn": f"${{{name}DeadLetterQueue.Arn}}",
            "maxReceiveCount": queue.max_receives,
        },
    }


@EACH_QUEUE
def test_dead_letters_are_encrypted_and_kept_for_two_weeks(template: Template, queue: Queue) -> None:
    assert template.properties(f"{queue.name.capitalize()}DeadLetterQueue") == {
        "SqsManagedSseEnabled": True,
        "MessageRetentionPeriod": 14 * _DAY_S,
    }


@pytest.mark.parametrize(("source", "function"), SOURCES, ids=lambda each: getattr(each, "name", None))
def test_what_was_received_is_hidden_for_six_times_as_long_as_its_function_may_take(
    template: Template, source: QueueSource, function: Function
) -> None:
    properties = template.properties(f"{source.queue.name.capitalize()}Queue")
    assert properties["VisibilityTimeout"] == 6 * function.timeout_s


@EACH_QUEUE
def test_a_message_is_kept_until_its_last_receive(template: Template, queue: Queue) -> None:
    properties = template.properties(f"{queue.name.capitalize()}Queue")
    assert properties["VisibilityTimeout"] * queue.max_receives < _DAY_S < properties["MessageRetentionPeriod"]


def test_no_queue_takes_anything_without_tls(template: Template) -> None:
    policies = {policy["Queues"][0]: policy for policy in template.all("AWS::SQS::QueuePolicy").values()}
    refused = {queue: _statements(policy)[0] for queue, policy in policies.items()}
    assert refused == {f"${{{name}}}": _without_tls(name) for name in template.all("AWS::SQS::Queue")}


def test_a_topic_may_send_to_the_queues_that_hear_it_and_nobody_else_to_any(template: Template) -> None:
    policies = template.all("AWS::SQS::QueuePolicy").values()
    allowed = {policy["Queues"][0]: rest for policy in policies if (rest := _statements(policy)[1:])}
    assert allowed == {f"${{{_name(queue)}}}": [_from_topic(queue)] for queue in QUEUES if queue.topic}


def test_a_queue_that_hears_a_topic_gets_what_was_published_as_it_was(template: Template) -> None:
    subscriptions = template.all("AWS::SNS::Subscription").values()
    assert [each for each in subscriptions if each["Protocol"] == "sqs"] == [
        {
            "Protocol": "sqs",
            "Endpoint": f"${{{_name(queue)}.Arn}}",
            "TopicArn": f"${{{queue.topic.name.capitalize()}Topic}}",
            "RawMessageDelivery": True,
        }
        for queue in QUEUES
        if queue.topic
    ]


def _name(queue: Queue) -> str:
    return f"{queue.name.capitalize()}Queue"


def _from_topic(queue: Queue) -> Properties:
    assert queue.topic
    return {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": f"${{{_name(queue)}.Arn}}",
        "Condition": {"ArnEquals": {"aws:SourceArn": f"${{{queue.topic.name.capitalize()}Topic}}"}},
    }


def test_functions_work_off_queues_as_the_catalogue_says_and_may_fail_in_part(template: Template) -> None:
    expected = [
        {
            "FunctionName": f"${{{function.name}}}",
            "EventSourceArn": f"${{{source.queue.name.capitalize()}Queue.Arn}}",
            "BatchSize": source.batch_size,
            "ScalingConfig": {"MaximumConcurrency": source.max_concurrency},
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        }
        for source, function in SOURCES
    ]
    assert list(template.all("AWS::Lambda::EventSourceMapping").values()) == expected


def _statements(policy: Properties) -> list[Properties]:
    assert len(policy["Queues"]) == 1
    statements: list[Properties] = policy["PolicyDocument"]["Statement"]
    return statements


def _without_tls(queue: str) -> Properties:
    return {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "sqs:*",
        "Resource": f"${{{queue}.Arn}}",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
