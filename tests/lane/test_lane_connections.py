"""The fast lane's connections: opened without blocking, kept, looked at before use, and trusted for a reason."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.delivery.fast_lane import FastLane
from app.delivery.lane import Outcome
from app.delivery.pool import HANDSHAKES, IDLE_S, QUIET_S
from app.models.ids import ConnectionId
from app.transport.dialing import Address, verifying_context
from tests.lane.certificates import Pems, certify
from tests.lane.conftest import WINDOW
from tests.lane.fake_connections import FakeConnections
from tests.lane.faults import HELD, Reply
from tests.lane.posting import fast_lane, ids, nothing_runs, opened, outcome_of, outcomes

NAME = "c0="


@pytest.fixture
def losses(fast: FastLane) -> list[bool]:
    """Of each post that lost its connection, whether it was written."""
    found: list[bool] = []
    lost = fast._pool.lost

    def note(socket: Any, post: Any, written: bool) -> None:
        if post is not None:
            found.append(written)
        lost(socket, post, written)

    fast._pool.lost = note  # type: ignore[method-assign]
    return found


def at(server: FakeConnections) -> Address:
    return socket.AF_INET, ("127.0.0.1", server.port)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


async def test_connections_are_kept_from_one_call_to_the_next(fast: FastLane, server: FakeConnections) -> None:
    for _ in range(3):
        await outcomes(fast, ids(50))
    assert server.counts["accepted"] <= WINDOW
    assert server.counts["open"] == server.counts["accepted"]


async def test_close_closes_every_connection_and_the_lane_can_go_on(fast: FastLane, server: FakeConnections) -> None:
    await outcomes(fast, ids(50))
    await fast.close()
    await server.until(lambda: server.counts["open"] == 0)
    assert await outcome_of(fast) is Outcome.POSTED


async def test_connections_that_died_in_a_freeze_are_discarded_before_use(
    fast: FastLane, server: FakeConnections, losses: list[bool]
) -> None:
    await outcomes(fast, ids(50))
    server.hang_up()  # and this loop does not run meanwhile, as if the environment were frozen
    for idle in fast._pool._idle:
        idle.since = asyncio.get_running_loop().time()  # nor does its clock
    assert set((await outcomes(fast, ids(50))).values()) == {Outcome.POSTED}
    assert losses == []
    assert set(server.tries.values()) == {2}


async def test_a_connection_that_was_quiet_for_long_is_looked_at_before_use(
    fast: FastLane, server: FakeConnections, losses: list[bool]
) -> None:
    async def with_a_pause() -> AsyncIterator[ConnectionId]:
        yield ConnectionId("c0=")
        await server.until(lambda: server.tries["c0="] == 1)
        while not fast._pool._idle:  # noqa: ASYNC110 - the answer is on its way
            await asyncio.sleep(0)
        server.hang_up()
        fast._pool._idle[0].since -= QUIET_S
        yield ConnectionId("c1=")

    assert set((await outcomes(fast, with_a_pause())).values()) == {Outcome.POSTED}
    assert losses == []


async def test_a_connection_that_was_idle_for_too_long_is_closed(fast: FastLane, server: FakeConnections) -> None:
    await outcome_of(fast)
    fast._pool._idle[0].since -= IDLE_S
    await outcome_of(fast)
    assert server.counts["accepted"] == 2


@pytest.mark.parametrize("every", [1, 2, 7])
async def test_a_peer_that_closes_between_two_posts_is_no_trouble(
    fast: FastLane, server: FakeConnections, every: int
) -> None:
    for n in range(60):
        server.on(f"c{n}=", Reply(hangs_up=n % every == 0))
    assert set((await outcomes(fast, ids(60))).values()) == {Outcome.POSTED}
    assert set(server.delivered().values()) == {1}


async def test_no_more_connections_are_open_than_the_window_holds(fast: FastLane, server: FakeConnections) -> None:
    await asyncio.gather(*(outcomes(fast, ids(40)) for _ in range(5)))
    assert server.most["open"] <= WINDOW
    assert set(server.delivered().values()) == {5}


async def test_a_retry_finds_a_connection_even_if_all_are_open_and_idle(
    fast: FastLane, server: FakeConnections
) -> None:
    for n in range(WINDOW):
        server.on(f"c{n}=", HELD)
    running = asyncio.create_task(outcomes(fast, ids(WINDOW)))
    await server.until(lambda: server.counts["flying"] == WINDOW)
    server.release()
    await running
    server.on(NAME, Reply(500), Reply())
    assert await outcome_of(fast) is Outcome.POSTED


async def test_handshakes_are_bounded_and_do_not_block_the_loop(server: FakeConnections, pems: Pems) -> None:
    server.hold_handshakes()
    async with opened(server, pems, window=64, post_s=10.0) as fast:
        running = asyncio.create_task(outcomes(fast, ids(64)))
        await server.until(lambda: server.counts["shaking"] == HANDSHAKES)
        gap = asyncio.create_task(longest_gap_s(1.0))
        assert await gap < 0.5
        server.allow_handshakes()
        assert set((await running).values()) == {Outcome.POSTED}
    assert server.most["shaking"] == HANDSHAKES


async def test_handshakes_that_never_end_are_given_up(server: FakeConnections, pems: Pems) -> None:
    server.hold_handshakes()
    began = time.monotonic()
    async with opened(server, pems, post_s=0.3) as fast:
        assert set((await outcomes(fast, ids(3))).values()) == {Outcome.FAILED}
        assert nothing_runs()
    assert time.monotonic() - began < 1.0
    server.allow_handshakes()


async def test_posts_that_never_found_a_connection_have_failed_when_the_budget_is_spent(
    server: FakeConnections, pems: Pems
) -> None:
    server.hold_handshakes()
    async with opened(server, pems) as fast:
        assert set((await outcomes(fast, ids(3), budget_s=0.3)).values()) == {Outcome.FAILED}
    server.allow_handshakes()


async def test_sessions_are_resumed(fast: FastLane, server: FakeConnections) -> None:
    await outcomes(fast, ids(20))
    assert server.counts["resumed"] == 0
    await fast.close()
    await outcome_of(fast)
    assert server.counts["resumed"] == 1


async def test_a_certificate_of_an_unknown_authority_is_refused(server: FakeConnections, tmp_path: Path) -> None:
    async with opened(server, certify(tmp_path)) as fast:
        assert await outcome_of(fast) is Outcome.FAILED
    assert not server.tries


async def test_a_certificate_of_another_host_is_refused(tmp_path: Path) -> None:
    pems = certify(tmp_path, "example.com")
    with FakeConnections(pems) as server:
        async with opened(server, pems) as fast:
            assert await outcome_of(fast) is Outcome.FAILED
        assert not server.tries


async def test_the_next_address_is_tried_when_one_does_not_answer(server: FakeConnections, pems: Pems) -> None:
    dead: Address = (socket.AF_INET, ("127.0.0.1", free_port()))

    async def several(*_: object) -> list[Address]:
        return [dead, at(server), (socket.AF_INET6, ("::1", free_port(), 0, 0))]

    async with opened(server, pems, lookup=several) as fast:
        assert set((await outcomes(fast, ids(30))).values()) == {Outcome.POSTED}


async def test_a_name_is_looked_up_once_for_many_connections(server: FakeConnections, pems: Pems) -> None:
    asked: list[tuple[str, int]] = []

    async def lookup(host: str, port: int) -> list[Address]:
        asked.append((host, port))
        return [at(server)]

    async with opened(server, pems, lookup=lookup) as fast:
        await outcomes(fast, ids(50))
    assert asked == [("localhost", server.port)]


async def test_a_name_that_moved_is_followed(server: FakeConnections, pems: Pems) -> None:
    where: list[Address] = []

    async def lookup(*_: object) -> list[Address]:
        return list(where)

    async with opened(server, pems, lookup=lookup) as fast:
        with FakeConnections(pems) as old:
            where[:] = [at(old)]
            assert await outcome_of(fast) is Outcome.POSTED
            where[:] = [at(server)]
        assert await outcome_of(fast) is Outcome.POSTED
    assert (old.tries, server.tries) == ({NAME: 1}, {NAME: 1})


async def test_when_the_resolver_fails_the_old_addresses_still_serve(server: FakeConnections, pems: Pems) -> None:
    answers: list[list[Address]] = [[at(server)]]

    async def lookup(*_: object) -> list[Address]:
        if not answers:
            raise socket.gaierror
        return answers.pop()

    async with opened(server, pems, lookup=lookup) as fast:
        await outcome_of(fast)
        fast._pool._dialer._known_until = 0.0
        await fast.close()
        assert await outcome_of(fast) is Outcome.POSTED


@pytest.mark.parametrize("found", [[], socket.gaierror(), UnicodeError()])
async def test_a_name_without_addresses_is_a_failure(
    server: FakeConnections, pems: Pems, found: list[Address] | Exception
) -> None:
    async def lookup(*_: object) -> list[Address]:
        if isinstance(found, Exception):
            raise found
        return found

    async with opened(server, pems, lookup=lookup) as fast:
        assert await outcome_of(fast) is Outcome.FAILED


@pytest.mark.parametrize("window", [0, 901])
def test_a_window_has_bounds(server: FakeConnections, window: int) -> None:
    with pytest.raises(ValueError, match="window"):
        fast_lane(server, window=window)


def test_certificates_and_host_names_are_verified(pems: Pems, monkeypatch: pytest.MonkeyPatch) -> None:
    for roots in (pems.roots, None):
        context = verifying_context(roots)
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_bundle_that_the_environment_names_is_trusted(
    pems: Pems, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    for name in ("AWS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, str(pems.roots))
    (trusted,) = verifying_context().get_ca_certs()
    assert "An authority for one test run" in str(trusted)


async def longest_gap_s(for_s: float) -> float:
    """How long the loop was busy with something else, at most."""
    longest, last, until = 0.0, time.monotonic(), time.monotonic() + for_s
    while last < until:
        await asyncio.sleep(0)
        now = time.monotonic()
        longest, last = max(longest, now - last), now
    return longest
