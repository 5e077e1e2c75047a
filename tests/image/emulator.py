"""Invokes functions through the Runtime Interface Emulator that the image brings along."""

import json
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from app.catalogue import Function, variables
from tests.image.docker_cli import container, docker

UNREACHABLE = "http://127.0.0.1:9"  # nobody listens there, so that every call of AWS is refused at once
PATH = "/2015-03-31/functions/function/invocations"
START_TIMEOUT_S = 20
INVOKE_TIMEOUT_S = 65  # longer than the longest time-out of the catalogue


@dataclass(frozen=True, slots=True)
class Emulator:
    """One container; it takes one event at a time, a second one in the meantime would end it."""

    container: str
    url: str

    def invoke(self, event: Any) -> Any:
        """Returns what the function answered, parsed."""
        request = urllib.request.Request(self.url, json.dumps(event).encode())  # noqa: S310 - our own loopback URL
        with urllib.request.urlopen(request, timeout=INVOKE_TIMEOUT_S) as answer:  # noqa: S310
            return json.load(answer)


def environment() -> Mapping[str, str]:
    """Returns what the deployment would give to a function, with nothing behind it."""
    return {
        **dict.fromkeys(variables(), UNREACHABLE),
        "AWS_ENDPOINT_URL": UNREACHABLE,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
    }


@contextmanager
def serving(function: Function, *options: str) -> Iterator[Emulator]:
    """Runs a function behind the emulator, on a free port of this machine's loopback."""
    published = ("--publish", "127.0.0.1::8080", *options)
    with container(function.handler, environment=environment(), options=published) as identifier:
        address = docker("port", identifier, "8080/tcp").splitlines()[0]
        await_server(f"http://{address}/")
        yield Emulator(identifier, f"http://{address}{PATH}")


def await_server(url: str) -> None:
    # Every path but one answers 404, and none of the others starts the function.
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            urllib.request.urlopen(url, timeout=1)  # noqa: S310 - our own loopback URL
        except urllib.error.HTTPError as answer:
            answer.close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.05)
