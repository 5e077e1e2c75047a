"""MiniStack sees what it is given, and listens where nobody else does."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from laptop import ministack, stack
from laptop.engines import DockerEngine, ProcessEngine
from laptop.errors import LaptopError
from laptop.places import Places

PLACES = Places(Path("/checkout"))


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_that_is_taken_is_refused(taken: int) -> None:
    with pytest.raises(LaptopError, match=f"Port {taken} is taken"):
        ministack.free_port(taken)


def test_a_free_port_is_used_as_asked() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        free: int = listener.getsockname()[1]
    assert ministack.free_port(free) == free


def test_without_a_wish_another_port_is_found(monkeypatch: pytest.MonkeyPatch, taken: int) -> None:
    monkeypatch.setattr(ministack, "PORT", taken)
    assert ministack.free_port(None) != taken


def test_nothing_of_this_machine_reaches_the_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "HTTPS_PROXY", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH"):
        monkeypatch.setenv(name, "theirs")
    environment = ministack.environment(PLACES, ProcessEngine(()), 4566)
    assert "theirs" not in environment.values()
    assert environment["HOME"] == environment["TMPDIR"] == "/checkout/.local/scratch"


def test_only_containers_are_let_in_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///engine")
    assert ministack.environment(PLACES, ProcessEngine(()), 4566)["BIND_HOST"] == "127.0.0.1"
    assert ministack.environment(PLACES, DockerEngine("image"), 4566)["BIND_HOST"] == "0.0.0.0"  # noqa: S104


def test_processes_touch_no_docker_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///engine")
    assert ministack.environment(PLACES, ProcessEngine(()), 4566)["DOCKER_HOST"] != "unix:///engine"
    assert ministack.environment(PLACES, DockerEngine("image"), 4566)["DOCKER_HOST"] == "unix:///engine"


def test_functions_may_do_only_what_their_roles_allow() -> None:
    assert ministack.environment(PLACES, ProcessEngine(()), 4566)["AUTH"] == "true"


def test_two_checkouts_tell_their_containers_apart() -> None:
    assert ministack.instance(PLACES) != ministack.instance(Places(Path("/another")))


class CloudFormation:
    """Answers as CloudFormation does when a table could not be made."""

    def __getattr__(self, _operation: str) -> Any:
        return lambda **_arguments: None

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - AWS's own name
        return {"Stacks": [{"StackName": StackName, "StackStatus": "CREATE_FAILED"}]}

    def describe_stack_events(self, StackName: str) -> dict[str, Any]:  # noqa: ARG002, N803
        fine = {"LogicalResourceId": "Topic", "ResourceType": "AWS::SNS::Topic", "ResourceStatus": "CREATE_COMPLETE"}
        failed = {
            "LogicalResourceId": "Users",
            "ResourceType": "AWS::DynamoDB::Table",
            "ResourceStatus": "CREATE_FAILED",
            "ResourceStatusReason": "no such key",
        }
        whole = {
            "LogicalResourceId": "stack",
            "ResourceStatus": "CREATE_FAILED",
            "ResourceStatusReason": "Users failed",
        }
        return {"StackEvents": [whole, failed, fine]}


class Clients(stack.Clients):
    def client(self, service: str) -> Any:  # noqa: ARG002
        return CloudFormation()


def test_a_failed_deployment_names_what_failed_and_why() -> None:
    with pytest.raises(stack.DeploymentError) as caught:
        stack.deploy(Clients("http://127.0.0.1"), "stack", {})
    assert str(caught.value).splitlines() == [
        "The deployment failed: CREATE_FAILED",
        "  Users (AWS::DynamoDB::Table): no such key",
    ]


def test_what_is_asked_of_aws_is_written_down_only_for_who_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAPTOP_AUDIT", raising=False)
    assert ministack.program(PLACES) == ["-m", "ministack"]
    monkeypatch.setenv("LAPTOP_AUDIT", "/tmp/audit.jsonl")  # noqa: S108 - nothing is written
    assert ministack.program(PLACES) == ["/checkout/docker/local/auditor"]
    engine = ProcessEngine((Path("/checkout"),))
    assert ministack.environment(PLACES, engine, 4566)["LAPTOP_AUDIT"] == "/tmp/audit.jsonl"  # noqa: S108
