"""One HTTP client: whole requests in, whole answers out, over connections that are kept while they are good."""

import asyncio
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.transport.answer import Answer
from app.transport.client import IDLE_S, HttpClient, NoAnswerError
from app.transport.endpoint import Endpoint
from tests.direct.conftest import ANSWER_S, MOST
from tests.lane.fake_connections import FakeConnections
from tests.lane.faults import DROP, GARBAGE, HANG, HELD, RESET, Fault, Reply

MOMENTS = 25  # from before the name was looked up to after the answer
LONG = bytes(range(256)) * 4096  # 1 MiB


def post(name: str = "c", body: bytes = b"{}") -> bytes:
    return b"POST /prod/@connections/%b HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%b" % (
        name.encode(),
        len(body),
        body,
    )


def files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def quiet(http: HttpClient, for_s: float) -> None:
    """Lets it be so long since the idle connections were used."""
    http._idle[:] = [(raw, since - for_s) for raw, since in http._idle]


@given(
    st.sampled_from(["length", "chunked", "close"]), st.binary(max_size=300), st.lists(st.integers(0, 600), max_size=8)
)
def test_a_body_in_any_pieces_reads_like_the_whole(framing: Any, body: bytes, places: list[int]) -> None:
    wire = b"HTTP/1.1 100 Continue\r\n\r\n" + Reply(200, body, framing).wire()
    answer, cuts = Answer(keeps_body=True), sorted({0, len(wire), *(place % len(wire) for place in places)})
    for begin, end in pairwise(cuts):
        answer.feed(wire[begin:end])
    if framing == "close":
        answer.end()
    assert (answer.done, answer.status, answer.body) == (True, 200, body)


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize("pieces", [1, 7])
async def test_a_long_answer_arrives(http: HttpClient, server: FakeConnections, framing: Any, pieces: int) -> None:
    server.on("c", Reply(200, LONG, framing, pieces))
    assert (await http.ask(post())).body == LONG


async def test_as_much_as_a_batch_of_16_mb_arrives(http: HttpClient, server: FakeConnections) -> None:
    server.on("c", Reply(200, LONG * 16))
    assert len((await http.ask(post())).body) == 16 * len(LONG)


async def test_more_than_is_asked_for_is_not_read(http: HttpClient, server: FakeConnections) -> None:
    server.on("c", Reply(200, LONG * 33))
    with pytest.raises(NoAnswerError):
        await http.ask(post())


async def test_a_long_request_is_sent_whole_to_a_peer_that_is_slow_to_read(
    http: HttpClient, server: FakeConnections
) -> None:
    server.stop_reading()
    asking = asyncio.create_task(http.ask(post(body=LONG * 4)))
    await server.until(lambda: server.counts["flying"] == 1)
    server.read_on()
    assert (await asking).status == 200
    assert server.frames["c"] == [LONG * 4]


async def test_an_answer_may_take_long_if_its_pieces_do_not(http: HttpClient, server: FakeConnections) -> None:
    http._answer_s = 0.8
    server.on("c", Reply(200, b"x" * 100, pieces=5, pause_s=0.2))
    started = time.monotonic()
    assert (await http.ask(post())).body == b"x" * 100
    assert time.monotonic() - started > http._answer_s


@pytest.mark.parametrize("fault", [HANG, RESET, DROP, GARBAGE, Reply(200, b"x" * 100, pieces=2, pause_s=0.4)], ids=repr)
async def test_what_gives_no_answer_costs_its_connection_and_no_more(
    http: HttpClient, server: FakeConnections, fault: Fault
) -> None:
    http._answer_s = 0.3
    server.on("c", fault, Reply())
    started = time.monotonic()
    with pytest.raises(NoAnswerError):
        await http.ask(post())
    assert time.monotonic() - started < ANSWER_S
    assert (await http.ask(post())).status == 200
    assert server.counts["accepted"] == 2


async def test_a_connection_is_used_again(http: HttpClient, server: FakeConnections) -> None:
    for framing in ("length", "chunked", "length"):
        server.on("c", Reply(400, b"no", framing))
        assert (await http.ask(post())).body == b"no"
    assert server.counts["accepted"] == 1


@pytest.mark.parametrize("reply", [Reply(says_close=True), Reply(framing="close")], ids=repr)
async def test_a_connection_that_ends_with_its_answer_is_not_used_again(
    http: HttpClient, server: FakeConnections, reply: Reply
) -> None:
    server.on("c", reply)
    for _ in range(3):
        assert (await http.ask(post())).status == 200
    assert server.counts["accepted"] == 3
    assert http._idle == []


async def test_connections_that_the_peer_closed_are_seen_before_they_are_used(
    http: HttpClient, server: FakeConnections
) -> None:
    await asyncio.gather(*(http.ask(post(f"c{number}")) for number in range(MOST)))
    server.hang_up()  # and this loop does not run meanwhile, as if the environment were frozen
    assert (await http.ask(post())).status == 200
    assert server.tries["c"] == 1


async def test_a_connection_that_was_idle_for_long_is_not_trusted(http: HttpClient, server: FakeConnections) -> None:
    await http.ask(post())
    quiet(http, IDLE_S - 1)
    await http.ask(post())
    assert server.counts["accepted"] == 1
    quiet(http, IDLE_S)
    await http.ask(post())
    assert server.counts["accepted"] == 2


async def test_what_was_cancelled_in_the_middle_costs_its_connection(http: HttpClient, server: FakeConnections) -> None:
    server.on("c", HELD)
    asking = asyncio.create_task(http.ask(post()))
    await server.until(lambda: server.counts["flying"] == 1)
    asking.cancel()
    await asyncio.wait([asking])
    server.release()
    assert asking.cancelled()
    assert (await http.ask(post("other"))).status == 200
    assert server.counts["accepted"] == 2


async def test_it_may_be_cancelled_at_any_moment(http: HttpClient, server: FakeConnections) -> None:
    for moment in range(MOMENTS):
        asking = asyncio.create_task(http.ask(post()))
        for _ in range(moment):
            await asyncio.sleep(0.0002)
        asking.cancel()
        await asyncio.wait([asking])
        assert (await http.ask(post("other"))).status == 200
        await http.close()
    await server.until(lambda: server.counts["open"] == 0)


async def test_many_at_once_take_turns(http: HttpClient, server: FakeConnections) -> None:
    answers = await asyncio.gather(*(http.ask(post(f"c{number}", LONG[:5000])) for number in range(64)))
    assert {answer.status for answer in answers} == {200}
    assert server.most["open"] <= MOST
    assert set(server.delivered().values()) == {1}


async def test_one_that_fails_gives_up_its_turn(http: HttpClient, server: FakeConnections) -> None:
    server.on("bad", RESET)
    results = await asyncio.gather(*(http.ask(post("bad")) for _ in range(3 * MOST)), return_exceptions=True)
    assert {type(result) for result in results} == {NoAnswerError}
    assert (await asyncio.wait_for(http.ask(post()), ANSWER_S)).status == 200


async def test_no_file_stays_open(http: HttpClient, server: FakeConnections) -> None:
    before = files()
    faults: tuple[Fault, ...] = (RESET, DROP, GARBAGE, Reply(says_close=True), Reply())
    for number, fault in enumerate(faults):
        server.on(f"c{number}", fault)
        await asyncio.gather(http.ask(post(f"c{number}")), return_exceptions=True)
    await http.close()
    await server.until(lambda: server.counts["open"] == 0)
    assert files() <= before


async def test_a_closed_client_can_go_on(http: HttpClient, server: FakeConnections) -> None:
    await http.ask(post())
    await http.close()
    assert (await http.ask(post())).status == 200
    assert server.counts["accepted"] == 2


@pytest.mark.parametrize("host", ["nowhere.invalid", f"{'a' * 64}.example", "a..b"])
async def test_a_name_that_leads_nowhere_is_no_answer(host: str) -> None:
    with pytest.raises(NoAnswerError):
        await HttpClient(Endpoint.parse(f"http://{host}"), ANSWER_S, MOST).ask(post())
