"""A deployment counts as one when every function runs the image that was meant, and answers."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from app import catalogue
from infra.deployed import Aws, main
from infra.stages import STAGES

RELEASE = "sha256:" + "1a" * 32
PROD = ["--stage", "prod", "--digest", RELEASE]
REFUSED = {"statusCode": 401}


class Cloud:
    """CloudFormation and Lambda, as far as they are asked: everything runs, unless a test changes it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.state = {function.name: ("Active", "Successful") for function in catalogue.FUNCTIONS}
        self.image = {function.name: RELEASE for function in catalogue.FUNCTIONS}
        self.answer: dict[str, Any] = {"Payload": io.BytesIO(json.dumps(REFUSED).encode())}
        self.asked: set[tuple[str, str | None]] = set()

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803 - AWS's own words
        assert StackName == "site-communications-prod"
        outputs = {"HttpEndpoint": self.url, **{f"{name}FunctionName": name for name in self.state}}
        return {"Stacks": [{"Outputs": [{"OutputKey": key, "OutputValue": outputs[key]} for key in outputs]}]}

    def get_function(self, FunctionName: str, Qualifier: str | None = None) -> Any:  # noqa: N803
        self.asked.add((FunctionName, Qualifier))
        state, update = self.state[FunctionName]
        uri = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/site-communications@{self.image[FunctionName]}"
        return {"Configuration": {"State": state, "LastUpdateStatus": update}, "Code": {"ResolvedImageUri": uri}}

    def invoke(self, FunctionName: str, Payload: bytes) -> Any:  # noqa: N803
        assert (FunctionName, Payload) == ("GetUser", b"{}")
        return self.answer


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with _api(401) as url:
        yield Cloud(url)


def test_a_stage_that_runs_the_release_is_left_alone(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(PROD, Aws(cloud, cloud)) == 0
    assert capsys.readouterr().out == f"prod runs, all of its {len(catalogue.FUNCTIONS)} functions\n"


def test_what_is_kept_warm_is_asked_for_by_its_alias(cloud: Cloud) -> None:
    main(PROD, Aws(cloud, cloud))
    warm = {each.function for each in STAGES["prod"].concurrency if each.provisioned}
    assert cloud.asked == {(name, "live" if name in warm else None) for name in cloud.state}


def test_a_function_with_another_image_is_told(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    cloud.image["Inbox"] = "sha256:" + "2b" * 32
    assert main(PROD, Aws(cloud, cloud)) == 1
    assert "Inbox runs another image" in capsys.readouterr().out


def test_a_function_that_is_not_ready_is_told(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    cloud.state["Sweep"] = ("Active", "Failed")
    assert main(PROD, Aws(cloud, cloud)) == 1
    assert capsys.readouterr().out == "Sweep is Active, its last update Failed\n"


def test_an_image_that_does_not_start_is_told(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    payload = io.BytesIO(json.dumps({"errorType": "Runtime.ExitError"}).encode())
    cloud.answer = {"FunctionError": "Unhandled", "Payload": payload}
    assert main(PROD, Aws(cloud, cloud)) == 1
    assert "GetUser does not refuse an event without a caller: Unhandled" in capsys.readouterr().out


@pytest.mark.parametrize("status", [200, 503])
def test_an_api_that_lets_everybody_in_or_nobody_is_told(status: int, capsys: pytest.CaptureFixture[str]) -> None:
    with _api(status) as url:
        cloud = Cloud(url)
        assert main(PROD, Aws(cloud, cloud)) == 1
    assert f"the HTTP API answers {status} instead of 401" in capsys.readouterr().out


def test_an_api_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    cloud = Cloud("http://127.0.0.1:9")
    assert main(PROD, Aws(cloud, cloud)) == 1
    assert "the HTTP API answers" in capsys.readouterr().out


@contextmanager
def _api(status: int) -> Iterator[str]:
    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Api) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
