"""The terminal client shows every message once and in order, whatever happens to its connection."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from laptop.errors import SignedOutError
from laptop.history import History
from laptop.patience import Patience
from tests.unit.laptop.backend import Backend, message, serving
from tests.unit.laptop.bench import Bench

LOST, BACK = "connection lost, trying again", "back; nothing missed"


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    backend = Backend()
    async with serving(backend) as base, aiohttp.ClientSession() as session:
        yield Bench(backend, session, base)


async def test_what_was_missed_is_asked_for_from_the_last_cursor(bench: Bench) -> None:
    await bench.backend.post(message(1), message(2), push=False)
    bench.cursor = "1"
    async with bench.listening():
        assert await bench.next(1) == ["m2"]
    assert bench.backend.synced == ["1"]


async def test_pages_are_asked_for_until_there_are_no_more(bench: Bench) -> None:
    await bench.backend.post(*(message(number) for number in range(5)), push=False)
    bench.backend.page_size = 2
    async with bench.listening():
        assert await bench.next(5) == ["m0", "m1", "m2", "m3", "m4"]
    assert bench.backend.synced == [None, "2", "4"]
    assert bench.kept.get_nowait() == "5"
    assert bench.kept.empty()  # a run that was not finished is begun again


async def test_what_is_pushed_is_shown_once(bench: Bench) -> None:
    async with bench.listening():
        await bench.up_to("0")
        await bench.backend.post(message(1), message(1), message(2))
        assert await bench.next(2) == ["m1", "m2"]


async def test_a_broken_connection_is_caught_up_with_a_new_ticket_and_the_last_cursor(bench: Bench) -> None:
    await bench.backend.post(message(1), push=False)
    async with bench.listening():
        await bench.up_to("1")
        await bench.backend.post(message(2), message(3), push=False)
        await bench.backend.hang_up()
        assert await bench.next(5) == ["m1", LOST, "back; 2 missed", "m2", "m3"]
    assert bench.backend.tickets == ["ticket-0", "ticket-1"]
    assert bench.backend.synced == [None, "1"]


async def test_a_connection_that_is_back_without_a_loss_says_so(bench: Bench) -> None:
    async with bench.listening():
        await bench.up_to("0")
        await bench.backend.hang_up()
        assert await bench.next(2) == [LOST, BACK]


async def test_a_lost_connection_is_said_once_however_often_it_is_tried(bench: Bench) -> None:
    async with bench.listening():
        await bench.up_to("0")
        bench.backend.refusals, bench.backend.breaks = [503, 403, 503], 2
        await bench.backend.hang_up()
        assert await bench.next(2) == [LOST, BACK]
    assert len(bench.backend.tickets) == 4  # the first, two that broke again, and one that held


async def test_a_second_loss_is_said_again(bench: Bench) -> None:
    async with bench.listening():
        await bench.up_to("0")
        for _ in range(2):
            await bench.backend.hang_up()
            assert await bench.next(2) == [LOST, BACK]


async def test_the_waits_grow_until_it_has_caught_up(bench: Bench) -> None:
    bounds: list[float] = []

    def note(_lowest: float, highest: float) -> float:
        bounds.append(highest)
        return 0

    bench.patience = Patience(uniform=note)
    async with bench.listening():
        await bench.up_to("0")
        bench.backend.refusals, bench.backend.breaks = [503, 503], 1
        await bench.backend.hang_up()
        assert await bench.next(2) == [LOST, BACK]
        await bench.backend.hang_up()
        assert await bench.next(2) == [LOST, BACK]
    assert bounds == [0.5, 1.0, 2.0, 4.0, 0.5]


async def test_a_token_that_has_ended_ends_it(bench: Bench) -> None:
    async with bench.listening() as task:
        await bench.up_to("0")
        bench.backend.refusals = [401]
        await bench.backend.hang_up()
        with pytest.raises(SignedOutError):
            await asyncio.wait_for(task, 5)


async def test_a_cursor_that_the_server_does_not_know_begins_anew(bench: Bench) -> None:
    await bench.backend.post(message(1), push=False)
    bench.cursor = "stale"
    async with bench.listening():
        assert await bench.next(1) == ["m1"]
    assert bench.backend.synced == ["stale", None]
    assert bench.kept.get_nowait() == "1"


async def test_what_is_pushed_while_catching_up_comes_after_what_was_missed(bench: Bench) -> None:
    await bench.backend.post(message(1), message(2), push=False)
    bench.backend.unanswered = 1
    async with bench.listening():
        await bench.backend.until(syncs=1)
        await bench.backend.push(message(3), message(2))
        await bench.backend.push(bench.backend.page(0))
        assert await bench.next(3) == ["m1", "m2", "m3"]


async def test_a_sync_without_an_answer_is_a_broken_connection(bench: Bench) -> None:
    bench.patience = Patience(first_s=0.001, answer_s=0.05)
    await bench.backend.post(message(1), push=False)
    bench.backend.unanswered = 1
    async with bench.listening():
        assert await bench.next(3) == [LOST, "back; 1 missed", "m1"]
    assert len(bench.backend.tickets) == 2


async def test_live_messages_do_not_stand_for_an_answer(bench: Bench) -> None:
    bench.patience = Patience(first_s=0.001, answer_s=0.2)
    bench.backend.unanswered = 1
    async with bench.listening():
        await bench.backend.until(syncs=1)
        for number in range(40):
            await bench.backend.push(message(number))
            await asyncio.sleep(0.05)
            if not bench.lines.empty():
                break
        assert bench.lines.get_nowait() == LOST


async def test_it_asks_again_when_the_indexes_have_settled_and_then_regularly(bench: Bench) -> None:
    bench.patience = Patience(settled_s=0.01, sync_s=0.02)
    async with bench.listening():
        await bench.up_to("0")
        await bench.backend.post(message(1), push=False)  # the connection was not in the index yet
        assert await bench.next(1) == ["m1"]
        await bench.backend.until(syncs=5)
    assert len(bench.backend.tickets) == 1


async def test_what_was_shown_is_acknowledged_and_read(bench: Bench) -> None:
    await bench.backend.post(message(1), message(2), push=False)
    async with bench.listening():
        await bench.backend.until_told(2)
    ids = ["n1", "n2"]
    assert bench.backend.told[:2] == [{"action": action, "notificationIds": ids} for action in ("ack", "read")]


async def test_what_the_history_showed_is_read_too(bench: Bench) -> None:
    async with bench.listening(History((message(1),), 1, ("n1",))):
        await bench.backend.until_told(2)
    assert [frame["notificationIds"] for frame in bench.backend.told[:2]] == [["n1"], ["n1"]]


async def test_what_is_no_frame_of_ours_is_passed_over(bench: Bench) -> None:
    async with bench.listening():
        await bench.up_to("0")
        await bench.backend.sockets[-1].send_str('{"message": "Internal server error"}')
        await bench.backend.post(message(1))
        assert await bench.next(1) == ["m1"]


async def test_nothing_is_missing_when_it_breaks_while_a_name_is_looked_up(bench: Bench) -> None:
    await bench.backend.post(message(1), push=False)
    bench.names_found.clear()
    bench.patience = Patience(first_s=0.001, answer_s=0.05)
    async with bench.listening():
        assert await bench.next(1) == [LOST]
        assert bench.prepared
        bench.names_found.set()
        assert await bench.next(2) == ["back; 1 missed", "m1"]
