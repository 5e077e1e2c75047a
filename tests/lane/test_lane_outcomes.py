"""What each fault of the peer comes to in the fast lane, over TLS and over plain HTTP."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from app.delivery.fast_lane import FastLane
from app.delivery.governor import Governor
from app.delivery.lane import Outcome
from app.models.ids import ConnectionId
from app.transport.credentials import Credentials
from tests.lane.certificates import Pems
from tests.lane.fake_connections import ACCESS_KEY, FakeConnections
from tests.lane.faults import (
    BROKEN,
    DROP,
    GARBAGE,
    GONE,
    HANG,
    HELD,
    OK,
    RESET,
    THROTTLED,
    TOO_LARGE,
    Fault,
    Reply,
)
from tests.lane.posting import PAYLOAD, ids, opened, outcome_of, outcomes

NAME = "c0="


@pytest.fixture(params=["https", "http"])
def server(request: pytest.FixtureRequest, pems: Pems) -> Iterator[FakeConnections]:
    with FakeConnections(pems if request.param == "https" else None) as fake:
        yield fake


@pytest.fixture
async def fast(server: FakeConnections, pems: Pems) -> AsyncIterator[FastLane]:
    async with opened(server, pems, post_s=0.5, throttled_s=0.5) as lane:
        yield lane


@pytest.fixture
async def patient(server: FakeConnections, pems: Pems) -> AsyncIterator[FastLane]:
    """Has time enough for all tries, however busy the machine."""
    async with opened(server, pems, post_s=10.0) as lane:
        yield lane


@pytest.mark.parametrize(
    ("fault", "outcome", "tries"),
    [
        (Reply(200, b"a body"), Outcome.POSTED, 1),
        (Reply(200, b"a body of two chunks", framing="chunked"), Outcome.POSTED, 1),
        (Reply(200, b"to the end", framing="close"), Outcome.POSTED, 1),
        (Reply(pieces=7), Outcome.POSTED, 1),
        (Reply(pieces=4, pause_s=0.02), Outcome.POSTED, 1),
        (Reply(says_close=True), Outcome.POSTED, 1),
        (Reply(hangs_up=True), Outcome.POSTED, 1),
        (Reply(204), Outcome.POSTED, 1),
        (GONE, Outcome.GONE, 1),
        (TOO_LARGE, Outcome.REFUSED, 1),
        (Reply(413, unread=True), Outcome.REFUSED, 1),
        (Reply(404), Outcome.UNKNOWN, 1),
        (Reply(302), Outcome.UNKNOWN, 1),
        (Reply(403, error="ExpiredTokenException"), Outcome.FAILED, 1),
        (BROKEN, Outcome.FAILED, 3),
        (Reply(503), Outcome.FAILED, 3),
        (RESET, Outcome.UNKNOWN, 3),
        (DROP, Outcome.UNKNOWN, 3),
        (GARBAGE, Outcome.UNKNOWN, 3),
    ],
)
async def test_a_fault_is_the_outcome_of_its_connection_alone(
    patient: FastLane, server: FakeConnections, fault: Fault, outcome: Outcome, tries: int
) -> None:
    server.on("c3=", fault)
    found = await outcomes(patient, ids(30))
    assert (found.pop("c3="), set(found.values())) == (outcome, {Outcome.POSTED})
    assert server.tries["c3="] == tries
    assert {count for name, count in server.delivered().items() if name != "c3="} == {1}
    assert len(found) == 29


@pytest.mark.parametrize("fault", [BROKEN, RESET, GARBAGE, THROTTLED])
async def test_a_fault_that_passes_is_not_seen(patient: FastLane, server: FakeConnections, fault: Fault) -> None:
    server.on(NAME, fault, OK)
    assert await outcome_of(patient) is Outcome.POSTED
    assert (server.tries[NAME], server.delivered()) == (2, {NAME: 1})


async def test_a_post_whose_answer_was_lost_is_made_again(fast: FastLane, server: FakeConnections) -> None:
    server.on(NAME, DROP, OK)
    assert await outcome_of(fast) is Outcome.POSTED
    assert server.frames == {NAME: [PAYLOAD, PAYLOAD]}


async def test_what_may_have_arrived_is_unknown_even_if_the_last_try_failed(
    fast: FastLane, server: FakeConnections
) -> None:
    server.on(NAME, DROP, BROKEN)
    assert await outcome_of(fast) is Outcome.UNKNOWN


@pytest.mark.parametrize("fault", [HANG, Reply(pieces=50, pause_s=0.1)])
async def test_a_post_has_its_time_and_no_more(fast: FastLane, server: FakeConnections, fault: Fault) -> None:
    server.on(NAME, fault)
    began = time.monotonic()
    assert await outcome_of(fast) is Outcome.UNKNOWN
    assert 0.5 <= time.monotonic() - began < 1.2
    assert server.tries[NAME] == 1


async def test_a_loop_that_was_held_up_takes_the_answers_that_came_meanwhile(
    fast: FastLane, server: FakeConnections
) -> None:
    for n in range(8):
        server.on(f"c{n}=", HELD)
    running = asyncio.create_task(outcomes(fast, ids(8)))
    await server.until(lambda: server.counts["flying"] == 8)
    server.release()
    time.sleep(0.7)  # noqa: ASYNC251 - that is the point: longer than a post may take
    assert set((await running).values()) == {Outcome.POSTED}
    assert set(server.tries.values()) == {1}


async def test_throttling_ends_with_an_outcome_and_slows_the_governor(fast: FastLane, server: FakeConnections) -> None:
    server.on(NAME, THROTTLED)
    before, began = fast.governor.rate, time.monotonic()
    assert await outcome_of(fast) is Outcome.THROTTLED
    assert time.monotonic() - began < 1.2
    assert before * 0.5 <= fast.governor.rate < before * 0.75  # halved once: it was but one connection
    assert server.tries[NAME] >= 2
    assert server.delivered() == {}


async def test_a_few_slow_clients_do_not_slow_the_governor(fast: FastLane, server: FakeConnections) -> None:
    for name in ("c50=", "c150="):
        server.on(name, THROTTLED, THROTTLED, OK)
    before = fast.governor.rate
    assert set((await outcomes(fast, ids(200))).values()) == {Outcome.POSTED}
    assert fast.governor.rate == before


async def test_many_throttled_connections_slow_the_governor_at_once(fast: FastLane, server: FakeConnections) -> None:
    await outcomes(fast, ids(100))
    for n in range(20):
        server.on(f"c{n}=", THROTTLED, OK)
    before = fast.governor.rate
    assert set((await outcomes(fast, ids(20))).values()) == {Outcome.POSTED}
    assert fast.governor.rate < before * 0.75


async def test_throttling_does_not_use_up_the_tries(server: FakeConnections, pems: Pems) -> None:
    server.on(NAME, *[THROTTLED] * 4, OK)
    async with opened(server, pems, post_s=0.2, throttled_s=8.0) as fast:
        assert await outcome_of(fast) is Outcome.POSTED
    assert server.tries[NAME] == 5


async def test_a_post_whose_turn_never_came_has_failed_when_the_budget_is_spent(
    server: FakeConnections, pems: Pems
) -> None:
    pulled: list[str] = []
    async with opened(server, pems, governor=Governor(0.01, burst=2)) as fast:
        found = await outcomes(fast, ids(9, pulled), budget_s=0.3)
    assert found == {"c0=": Outcome.POSTED, "c1=": Outcome.FAILED}
    assert pulled == list(found)
    assert server.delivered() == {"c0=": 1}


async def test_when_the_budget_is_spent_nothing_is_tried_again(server: FakeConnections, pems: Pems) -> None:
    server.on(NAME, THROTTLED)
    began = time.monotonic()
    async with opened(server, pems, throttled_s=60.0) as fast:
        assert [outcome async for _, outcome in fast.post(ids(1), PAYLOAD, budget_s=0.3)] == [Outcome.THROTTLED]
    assert time.monotonic() - began < 1.0


@pytest.mark.parametrize("name", ["", ".", "..", "\ud800"])
async def test_what_cannot_be_an_id_is_refused_here(fast: FastLane, server: FakeConnections, name: str) -> None:
    assert await outcome_of(fast, name) is Outcome.REFUSED
    assert not server.tries


async def test_a_wrong_signature_is_a_failure_of_ours(
    server: FakeConnections, pems: Pems, capsys: pytest.CaptureFixture[str]
) -> None:
    async def wrong() -> Credentials:
        return Credentials(ACCESS_KEY, "another secret")

    async with opened(server, pems, credentials=wrong) as fast:
        assert set((await outcomes(fast, ids(5))).values()) == {Outcome.FAILED}
    assert len(server.forged) == 5
    assert capsys.readouterr().out.count("InvalidSignatureException") == 1


@pytest.mark.parametrize("count", [1, 2])
async def test_connections_that_are_reset_at_once_are_replaced(
    fast: FastLane, server: FakeConnections, count: int
) -> None:
    server.reset_unshaken = set(range(1, count + 1))
    assert await outcome_of(fast) is Outcome.POSTED
    assert server.tries == {NAME: 1}


async def test_a_connection_that_is_reset_unread_is_replaced(fast: FastLane, server: FakeConnections) -> None:
    server.reset_unread = {1, 2}
    assert await outcome_of(fast) is Outcome.POSTED
    assert server.tries == {NAME: 1}


async def test_a_peer_that_is_not_there_is_a_failure_and_soon(pems: Pems, capsys: pytest.CaptureFixture[str]) -> None:
    with FakeConnections(pems) as server:
        pass
    began = time.monotonic()
    async with opened(server, pems) as fast:
        assert set((await outcomes(fast, ids(20))).values()) == {Outcome.FAILED}
    assert time.monotonic() - began < 2.5
    assert capsys.readouterr().out.count("ConnectionRefusedError") == 1


async def test_a_request_that_fills_every_buffer_is_written_as_there_is_room(
    server: FakeConnections, pems: Pems
) -> None:
    payload = b"x" * 20_000_000
    server.stop_reading()
    async with opened(server, pems, post_s=10.0) as fast:
        running = asyncio.create_task(outcome_of(fast, NAME, payload))
        await server.until(lambda: server.counts["flying"] == 1)
        server.read_on()
        assert await running is Outcome.POSTED
    assert server.frames == {NAME: [payload]}


async def test_credentials_are_asked_for_again_every_minute(server: FakeConnections, pems: Pems) -> None:
    asked: list[int] = []
    now = [time.time()]

    async def rolling() -> Credentials:
        asked.append(1)
        return Credentials(f"KEY{len(asked)}", "secret", f"token{len(asked)}")

    async def slowly() -> AsyncIterator[ConnectionId]:
        for n in range(3):
            now[0] += 31
            yield ConnectionId(f"c{n}=")

    server.secrets = {"KEY1": "secret", "KEY2": "secret"}
    async with opened(server, pems, credentials=rolling, clock=lambda: now[0]) as fast:
        found = await outcomes(fast, slowly())
    assert (set(found.values()), len(asked), server.forged) == ({Outcome.POSTED}, 2, [])
