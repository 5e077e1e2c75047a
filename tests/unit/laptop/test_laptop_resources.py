"""What was deployed is found by the stack's outputs and by what the template says."""

import re

from app import catalogue
from laptop.endpoints import Endpoints
from laptop.resources import located
from laptop.stack import Deployed
from laptop.template import API, STAGE, Template

TEMPLATE: Template = {
    "Resources": {
        "Http": {"Type": API, "Properties": {"ProtocolType": "HTTP"}},
        "Sockets": {"Type": API, "Properties": {"ProtocolType": "WEBSOCKET"}},
        "HttpStage": {"Type": STAGE, "Properties": {"ApiId": {"Ref": "Http"}, "StageName": "$default"}},
        "SocketStage": {"Type": STAGE, "Properties": {"ApiId": {"Ref": "Sockets"}, "StageName": "dev"}},
    }
}


def find() -> Endpoints:
    outputs = {"UserPoolId": "the-pool", "UserPoolClientId": "the-client"}
    outputs |= {f"{table.name}TableName": f"deployed-{table.name}" for table in catalogue.TABLES}
    outputs |= {f"{topic.name.capitalize()}TopicArn": f"arn:{topic.name}" for topic in catalogue.TOPICS}
    for name in (queue.name.capitalize() for queue in catalogue.QUEUES):
        outputs |= {f"{name}QueueUrl": f"http://{name}", f"{name}DeadLetterQueueUrl": f"http://dead/{name}"}
    return located(TEMPLATE, Deployed({"Http": "h1", "Sockets": "s1"}, outputs), "http://127.0.0.1:4566")


def test_the_apis_are_addressed_by_path() -> None:
    found = find()
    assert found.http == "http://127.0.0.1:4566/_aws/execute-api/h1"
    assert found.websocket == "ws://127.0.0.1:4566/_aws/execute-api/s1/dev"
    assert found.aws == "http://127.0.0.1:4566"
    assert re.fullmatch(r"[a-z]{2}-[a-z]+-\d", found.region)


def test_people_sign_in_where_the_stack_says() -> None:
    assert (find().userPoolId, find().clientId) == ("the-pool", "the-client")


def test_every_table_and_topic_of_the_catalogue_is_found() -> None:
    assert find().tables == {table.name: f"deployed-{table.name}" for table in catalogue.TABLES}
    assert find().topics == {topic.name: f"arn:{topic.name}" for topic in catalogue.TOPICS}


def test_every_queue_of_the_catalogue_is_found_with_its_dead_letters() -> None:
    queues = find().queues
    assert (queues["deliveries"], queues["deliveries-dead"]) == ("http://Deliveries", "http://dead/Deliveries")
    assert set(queues) == {f"{queue.name}{suffix}" for queue in catalogue.QUEUES for suffix in ("", "-dead")}
