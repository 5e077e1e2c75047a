"""TLS below the HTTP client: whom it trusts, and what it does while nobody asks anything."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.transport.client import HttpClient, NoAnswerError
from app.transport.endpoint import Endpoint
from app.transport.raw_socket import RawSocket, is_alive, ready, receive, send_all
from tests.direct.conftest import ANSWER_S, MOST
from tests.direct.test_direct_http import post
from tests.lane.certificates import Pems, certify
from tests.lane.fake_connections import FakeConnections


@pytest.fixture
def server(pems: Pems, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeConnections]:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(pems.roots))
    with FakeConnections(pems, verify=False) as fake:
        yield fake


@pytest.fixture
async def idle(http: HttpClient) -> AsyncIterator[RawSocket]:
    """A connection on which nothing was asked yet."""
    raw = await http._dialer.dial()
    yield raw
    raw.close()


async def test_a_stranger_is_not_asked(
    server: FakeConnections, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certify(tmp_path).roots))
    with pytest.raises(NoAnswerError):
        await HttpClient(Endpoint.parse(server.url), ANSWER_S, MOST).ask(post())
    assert server.tries == {}


async def test_one_that_goes_by_another_name_is_not_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pems = certify(tmp_path, "other.example")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(pems.roots))
    with FakeConnections(pems, verify=False) as other:
        with pytest.raises(NoAnswerError):
            await HttpClient(Endpoint.parse(other.url), ANSWER_S, MOST).ask(post())
        assert other.tries == {}


async def test_a_new_connection_resumes_the_session_of_another(http: HttpClient, server: FakeConnections) -> None:
    await http.ask(post())
    await http.close()
    await http.ask(post())
    assert server.counts["resumed"] == 1


async def test_a_session_is_looked_up_once_for_a_connection(http: HttpClient) -> None:
    looked_up: list[object] = []
    http._dialer.learn = looked_up.append  # type: ignore[assignment, method-assign]
    for _ in range(3):
        await http.ask(post())
    assert len(looked_up) == 1


async def test_a_handshake_that_was_cancelled_leaves_no_socket(http: HttpClient, server: FakeConnections) -> None:
    server.hold_handshakes()
    asking = asyncio.create_task(http.ask(post()))
    await server.until(lambda: server.counts["shaking"] == 1)
    asking.cancel()
    await asyncio.wait([asking])
    server.allow_handshakes()
    assert asking.cancelled()
    del asking  # whose traceback would keep what was left open from being noticed
    await server.until(lambda: server.counts["open"] == 0)
    assert (await http.ask(post())).status == 200


async def test_a_ticket_that_comes_while_nobody_asks_is_no_farewell(idle: RawSocket) -> None:
    await ready(idle, "read")
    assert is_alive(idle)
    await send_all(idle, post())
    assert (await receive(idle)).startswith(b"HTTP/1.1 200 ")


async def test_a_farewell_is_seen(idle: RawSocket, server: FakeConnections) -> None:
    assert is_alive(idle)
    server.hang_up()
    while is_alive(idle):
        await ready(idle, "read")


@dataclass
class Moody:
    """A socket that has its ways before it does as it is told."""

    raw: socket.socket
    sends: list[Exception] = field(default_factory=list)
    receives: list[Exception] = field(default_factory=list)

    def fileno(self) -> int:
        return self.raw.fileno()

    def send(self, data: bytes | memoryview, /) -> int:
        if self.sends:
            raise self.sends.pop()
        return self.raw.send(data[:3])

    def recv(self, size: int, /) -> bytes:
        if self.receives:
            raise self.receives.pop()
        return self.raw.recv(size)

    def close(self) -> None:
        self.raw.close()


@pytest.fixture
def pair() -> Iterator[tuple[Moody, socket.socket]]:
    here, there = socket.socketpair()
    for end in (here, there):
        end.setblocking(False)
    with here, there:
        yield Moody(here), there


async def test_what_must_read_before_it_writes_waits_for_that(pair: tuple[Moody, socket.socket]) -> None:
    moody, there = pair
    moody.sends = [ssl.SSLWantReadError()]
    sending = asyncio.create_task(send_all(moody, b"12345678"))
    await asyncio.sleep(0.01)
    assert not sending.done()
    there.send(b"x")
    await asyncio.wait_for(sending, ANSWER_S)
    assert there.recv(100) == b"12345678"


async def test_what_must_write_before_it_reads_waits_for_that(pair: tuple[Moody, socket.socket]) -> None:
    moody, there = pair
    moody.receives = [ssl.SSLWantWriteError()]
    there.send(b"x")
    assert await asyncio.wait_for(receive(moody), ANSWER_S) == b"x"


async def test_a_connection_that_was_reset_is_not_alive(pair: tuple[Moody, socket.socket]) -> None:
    moody, _ = pair
    moody.receives = [ConnectionResetError()]
    assert not is_alive(moody)


async def test_nothing_is_watched_once_a_wait_was_cancelled(pair: tuple[Moody, socket.socket]) -> None:
    moody, _ = pair
    waiting = asyncio.create_task(ready(moody, "read"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert not asyncio.get_running_loop().remove_reader(moody.fileno())
