import asyncio
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.application import App
from app.aws import Clients
from app.catalogue import variables
from app.errors import GoneError, UnavailableError
from app.runtime import Context, Core, LambdaFunction, OpenApp, core
from app.settings import Settings
from tests.lane.certificates import certify
from tests.unit.events import Remaining


@dataclass
class Server:
    """A `@connections` API on this machine that counts connections and posts, and can hang up."""

    url: str = ""
    status: int = 200
    accepted: int = 0
    posts: int = 0
    answers_after_s: float = 0
    in_flight: int = 0
    most_in_flight: int = 0
    counting: threading.Lock = field(default_factory=threading.Lock)
    hang_up: threading.Event = field(default_factory=threading.Event)
    hung_up: threading.Event = field(default_factory=threading.Event)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, seen: Server, *args: Any) -> None:
        self.seen = seen
        super().__init__(*args)

    def setup(self) -> None:
        self.seen.accepted += 1
        super().setup()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.seen.posts += 1
        with self.seen.counting:
            self.seen.in_flight += 1
            self.seen.most_in_flight = max(self.seen.most_in_flight, self.seen.in_flight)
        time.sleep(self.seen.answers_after_s)
        with self.seen.counting:
            self.seen.in_flight -= 1
        self.send_response(self.seen.status)
        self.send_header("content-length", "0")
        self.end_headers()
        self.wfile.flush()
        self.close_connection = self.seen.hang_up.is_set()

    def log_message(self, *_: object) -> None:
        """Keeps the tests' output clean."""


class _Quiet(ThreadingHTTPServer):
    seen: Server
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128  # of connections that wait to be accepted; the default of 5 drops some

    def close_request(self, request: Any) -> None:
        super().close_request(request)
        self.seen.hung_up.set()


@pytest.fixture
def server() -> Iterator[Server]:
    seen = Server()
    http = _Quiet(("127.0.0.1", 0), partial(_Handler, seen))
    http.seen = seen
    seen.url = f"http://127.0.0.1:{http.server_port}/default"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield seen
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture
def running(server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Core]:
    """A core whose app speaks to the server; credentials are the SDK's own business, so they are in the environment."""
    for name, value in {"ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b", "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    made = Core()
    made.app = App(settings, Clients(server.url))
    yield made
    made.close()


async def post(open_app: OpenApp, event: Any, context: Context) -> Any:  # noqa: ARG001 - every answer has the three
    return await open_app().service("apigatewaymanagementapi")("post_to_connection", ConnectionId="c", Data=b"x")


async def which(open_app: OpenApp, event: Any, context: Context) -> Any:  # noqa: ARG001 - every answer has the three
    client = await open_app().clients.get("apigatewaymanagementapi")
    return asyncio.get_running_loop(), client


def test_one_loop_and_one_set_of_clients_serve_all_invocations(running: Core) -> None:
    first, *others = (running.run(which, {}, Remaining()) for _ in range(3))
    assert all(other[0] is first[0] and other[1] is first[1] for other in others)


def test_a_connection_is_kept_between_invocations(running: Core, server: Server) -> None:
    for _ in range(5):
        running.run(post, {}, Remaining())
    assert (server.posts, server.accepted) == (5, 1)


def test_a_connection_that_died_while_frozen_costs_nothing_but_a_new_one(running: Core, server: Server) -> None:
    server.hang_up.set()
    running.run(post, {}, Remaining())
    assert server.hung_up.wait(5)  # the loop stands still meanwhile, as in a frozen environment
    running.run(post, {}, Remaining())
    assert (server.posts, server.accepted) == (2, 2)


def test_what_happened_while_frozen_is_known_before_a_handler_runs() -> None:
    ours, theirs = socket.socketpair()

    async def connect(*_: Any) -> Any:
        return await asyncio.open_connection(sock=ours)

    made = Core()
    reader, writer = made.run(connect, {}, Remaining())

    async def look(*_: Any) -> bool:
        seen: bool = reader.at_eof()
        writer.close()
        await writer.wait_closed()
        return seen

    theirs.close()
    assert made.run(look, {}, Remaining())
    made.close()


class _Connection(asyncio.Protocol):
    """What an HTTP client keeps in its pool: of no use once it is lost."""

    lost = False

    def __init__(self) -> None:
        self.heard = asyncio.Event()

    def data_received(self, data: bytes) -> None:  # noqa: ARG002 - asyncio's
        self.heard.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        self.lost = True


def test_a_tls_connection_that_died_while_frozen_is_lost_before_a_handler_runs(tmp_path: Path) -> None:
    pems = certify(tmp_path)
    ours, theirs = socket.socketpair()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pems.chain, pems.key)
    made, connection = Core(), _Connection()

    async def connect(*_: Any) -> None:
        trusted = ssl.create_default_context(cafile=pems.roots)
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: connection, sock=ours, ssl=trusted, server_hostname="localhost")
        await connection.heard.wait()  # and so the peer's tickets have come in, too

    async def look(*_: Any) -> bool:
        return connection.lost

    def serve() -> ssl.SSLSocket:
        peer = context.wrap_socket(theirs, server_side=True)
        peer.send(b"x")
        return peer

    with ThreadPoolExecutor(1) as other:
        peer = other.submit(serve)
        made.run(connect, {}, Remaining())
        os.close(peer.result().detach())  # no farewell, as when a machine goes
    assert made.run(look, {}, Remaining())
    made.close()


def test_one_app_serves_all_invocations(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in variables():
        monkeypatch.setenv(name, name.lower())
    monkeypatch.setenv("POST_LANE", "sdk")
    monkeypatch.delenv("USERS_CACHE")

    async def app_of(open_app: OpenApp, event: Any, context: Context) -> App:  # noqa: ARG001 - every answer has the three
        return open_app()

    made = Core()
    first = made.run(app_of, {}, Remaining())
    assert made.run(app_of, {}, Remaining()) is first
    assert first.settings == settings
    made.close()


def test_an_answer_of_410_without_a_body_or_name_is_a_gone_connection(running: Core, server: Server) -> None:
    server.status = 410
    with pytest.raises(GoneError):
        running.run(post, {}, Remaining())


def test_a_service_that_nobody_listens_for_is_unavailable(running: Core, settings: Settings, server: Server) -> None:
    assert server.url
    running.app = App(settings, Clients("http://127.0.0.1:9/default"))
    with pytest.raises(UnavailableError):
        running.run(post, {}, Remaining())


def test_posts_in_flight_are_not_more_than_the_pool_needs(running: Core, server: Server) -> None:
    async def many(open_app: OpenApp, event: Any, context: Context) -> None:
        await asyncio.gather(*(post(open_app, event, context) for _ in range(100)))

    server.answers_after_s = 0.2  # so that as many as may are under way together
    running.run(many, {}, Remaining())
    assert server.posts == 100
    assert 1 < server.most_in_flight <= 64


def test_an_exception_leaves_the_core_working() -> None:
    async def fail(open_app: OpenApp, event: Any, context: Context) -> None:  # noqa: ARG001 - every answer has the three
        raise RuntimeError

    async def fine(open_app: OpenApp, event: Any, context: Context) -> Any:  # noqa: ARG001 - every answer has the three
        return event

    made = Core()
    with pytest.raises(RuntimeError):
        made.run(fail, {}, Remaining())
    assert made.run(fine, "event", Remaining()) == "event"
    made.close()


def test_there_is_one_core_in_a_process() -> None:
    assert core() is core()


def test_what_lambda_calls_runs_on_that_core() -> None:
    async def loop(open_app: OpenApp, event: Any, context: Context) -> Any:  # noqa: ARG001 - every answer has the three
        return asyncio.get_running_loop()

    assert LambdaFunction(loop)({}, Remaining()) is core().loop
