"""How the image runs: as whom, with what, and behind which Runtime API."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import pytest

from app.aws import ServiceName
from app.catalogue import FUNCTIONS
from tests.image import runtime_api
from tests.image.docker_cli import IMAGE, container, docker, run
from tests.image.emulator import environment, serving
from tests.image.events import event

GET_USER = next(function for function in FUNCTIONS if function.name == "GetUser")
LINE_TIMEOUT_S = 20


@contextmanager
def under_lambda(payload: object) -> Iterator[tuple[str, str]]:
    """Runs GetUser next to a Runtime API with one event; gives the ids of the function and of the Runtime API."""
    program = Path(runtime_api.__file__).read_text()
    with container("-c", program, json.dumps(payload), options=("--entrypoint", "python3")) as api:
        await_line(api, "listening")
        variables = {**environment(), "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{runtime_api.PORT}"}
        with container(GET_USER.handler, environment=variables, options=("--network", f"container:{api}")) as function:
            yield function, api


def await_line(identifier: str, start: str) -> str:
    """Returns the first line of a container's output that starts so, without its start."""
    deadline = time.monotonic() + LINE_TIMEOUT_S
    while time.monotonic() < deadline:
        lines = docker("logs", identifier).splitlines()
        for line in lines:
            if line.startswith(start):
                return line.removeprefix(start).strip()
        time.sleep(0.1)
    pytest.fail(f"no line starts with {start!r}: {lines}")


def processes(identifier: str) -> str:
    """Returns the command lines of all processes in a container."""
    return docker("top", identifier, "-eo", "pid,args")


def test_the_image_runs_as_an_unprivileged_user() -> None:
    user, group = run("id", "-u"), run("id", "-g")

    assert "0" not in (user, group)


def test_any_user_can_run_it() -> None:
    # Lambda does not look at the image's user and takes one of its own.
    with serving(GET_USER, "--user", "12345:12345") as emulator:
        assert emulator.invoke({})["statusCode"] == 401


def test_the_runtime_interface_client_answers_lambdas_runtime_api() -> None:
    with under_lambda(event(GET_USER.triggers[0])) as (_, api):
        answer = json.loads(await_line(api, "response"))

    assert answer["statusCode"] == 503
    assert json.loads(answer["body"])["code"] == "unavailable"


def test_the_emulator_is_not_started_under_lambda() -> None:
    with under_lambda({}) as (function, api):
        await_line(api, "response")

        assert "app.start app.handlers.users.get" in processes(function)
        assert "aws-lambda-rie" not in processes(function)


def test_the_emulator_is_started_elsewhere() -> None:
    with serving(GET_USER) as emulator:
        assert "aws-lambda-rie" in processes(emulator.container)


def test_without_a_command_it_serves_a_handler() -> None:
    (command,) = json.loads(docker("image", "inspect", "--format", "{{json .Config.Cmd}}", IMAGE))

    assert command in {function.handler for function in FUNCTIONS}


@pytest.mark.parametrize("service", get_args(ServiceName))
def test_the_sdk_knows_the_services_that_we_call(service: str) -> None:
    program = "import boto3, sys; print(boto3.client(sys.argv[1], 'us-east-1').meta.service_model.service_name)"

    assert run("python3", "-c", program, service) == service


def test_credentials_may_come_from_every_place_that_the_sdk_knows() -> None:
    # Single sign-on on a laptop, and roles that are assumed.
    program = "import boto3; print([boto3.client(name, 'us-east-1') for name in ('sts', 'sso', 'sso-oidc')])"

    assert run("python3", "-c", program)


def test_the_async_sdk_can_be_imported() -> None:
    assert run("python3", "-c", "import aioboto3, aiobotocore; print(aioboto3.__name__)") == "aioboto3"


def test_every_known_time_zone_is_there() -> None:
    program = "from zoneinfo import ZoneInfo; print(ZoneInfo('Pacific/Chatham'))"

    assert run("python3", "-c", program) == "Pacific/Chatham"
