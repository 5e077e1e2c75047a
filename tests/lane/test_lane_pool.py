"""Which connection carries which post, on socket pairs of which the test holds the far ends."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from typing import cast

import pytest

from app.delivery.pool import Pool
from app.transport.dialing import Dialer
from tests.lane.faults import OK


class Pairs:
    """Dials as often as the test allows."""

    def __init__(self) -> None:
        self.far: list[socket.socket] = []
        self.allowed = asyncio.Semaphore(0)

    async def dial(self) -> socket.socket:
        await self.allowed.acquire()
        near, far = socket.socketpair()
        near.setblocking(False)
        far.setblocking(False)
        self.far.append(far)
        return near

    def learn(self, _: object) -> None: ...


class Noted:
    """A post that notes what becomes of it."""

    gives_up_at = float("inf")

    def __init__(self, name: bytes) -> None:
        self.name = name
        self.told: list[object] = []

    def request(self) -> bytes:
        return self.name

    def answered(self, status: int, error: str) -> None:
        self.told.append((status, error))

    def missed(self, *, written: bool) -> None:
        self.told.append(written)

    def slowed(self) -> None:
        self.told.append("slow")

    def belongs_to(self, _: object) -> bool:
        return False


@pytest.fixture
def pairs() -> Iterator[Pairs]:
    found = Pairs()
    yield found
    for far in found.far:
        far.close()


async def until(condition: Callable[[], bool]) -> None:
    """Lets the loop run; everything that is waited for here happens in this process."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0)


async def heard(far: socket.socket) -> bytes:
    return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(far, 100), 5)


def submit(pool: Pool, *posts: Noted) -> None:
    for post in posts:
        pool.submit(post, post.name, asyncio.get_running_loop().time())


async def test_a_post_that_lost_its_connection_gets_a_new_one_not_one_that_just_answered(pairs: Pairs) -> None:
    pool = Pool(cast(Dialer, pairs), 2, 2.0)
    one, other = Noted(b"one"), Noted(b"other")
    pairs.allowed = asyncio.Semaphore(2)
    submit(pool, one, other)
    await until(lambda: len(pairs.far) == 2)
    assert [await heard(far) for far in pairs.far] == [b"one", b"other"]
    pairs.far[0].close()
    await until(lambda: one.told == [True])
    pool.resubmit(one)
    pairs.far[1].send(OK.wire())
    await until(lambda: other.told == [(200, "")])
    with pytest.raises(BlockingIOError):
        pairs.far[1].recv(100)
    pairs.allowed.release()
    await until(lambda: len(pairs.far) == 3)
    assert await heard(pairs.far[2]) == b"one"
    await pool.close()


async def test_place_is_made_for_a_new_connection_before_others_get_their_turn(pairs: Pairs) -> None:
    pool = Pool(cast(Dialer, pairs), 1, 2.0)
    bereft, busy, patient = Noted(b"bereft"), Noted(b"busy"), Noted(b"patient")
    pairs.allowed = asyncio.Semaphore(9)
    submit(pool, busy)
    await until(lambda: len(pairs.far) == 1)
    assert await heard(pairs.far[0]) == b"busy"
    submit(pool, patient)
    pool.resubmit(bereft)
    pairs.far[0].send(OK.wire())
    assert await heard(pairs.far[0]) == b""
    await until(lambda: len(pairs.far) == 2)
    assert await heard(pairs.far[1]) == b"bereft"
    await pool.close()


async def test_a_new_connection_that_nobody_waits_for_any_more_is_kept(pairs: Pairs) -> None:
    pool = Pool(cast(Dialer, pairs), 2, 2.0)
    one, other = Noted(b"one"), Noted(b"other")
    submit(pool, one, other)
    pairs.allowed.release()
    await until(lambda: len(pairs.far) == 1)
    assert await heard(pairs.far[0]) == b"one"
    pairs.far[0].send(OK.wire())
    assert await heard(pairs.far[0]) == b"other"
    pairs.allowed.release()
    await until(lambda: len(pairs.far) == 2)
    await until(lambda: len(pool._idle) == 1)
    await pool.close()


async def test_a_connection_that_is_slow_makes_room_for_another(pairs: Pairs) -> None:
    pool = Pool(cast(Dialer, pairs), 1, 60.0, slow_s=0.0)
    slow, other = Noted(b"slow"), Noted(b"other")
    pairs.allowed = asyncio.Semaphore(9)
    submit(pool, slow, other)
    await until(lambda: len(pairs.far) == 1)
    assert await heard(pairs.far[0]) == b"slow"
    pool.sweep(asyncio.get_running_loop().time())
    await until(lambda: len(pairs.far) == 2)
    assert await heard(pairs.far[1]) == b"other"
    assert slow.told == ["slow"]
    await pool.close()


async def test_a_slow_connection_that_answers_after_all_is_one_too_many(pairs: Pairs) -> None:
    pool = Pool(cast(Dialer, pairs), 1, 60.0, slow_s=0.0)
    slow, other = Noted(b"slow"), Noted(b"other")
    pairs.allowed = asyncio.Semaphore(9)
    submit(pool, slow, other)
    await until(lambda: len(pairs.far) == 1)
    pool.sweep(asyncio.get_running_loop().time())
    await until(lambda: len(pairs.far) == 2)
    assert await heard(pairs.far[0]) == b"slow"
    pairs.far[0].send(OK.wire())
    await until(lambda: slow.told == ["slow", (200, "")])
    assert await heard(pairs.far[0]) == b""
    assert await heard(pairs.far[1]) == b"other"
    pairs.far[1].send(OK.wire())
    await until(lambda: len(pool._idle) == 1)
    await pool.close()


async def test_with_the_slow_ones_there_are_no_more_connections_than_the_most(pairs: Pairs) -> None:
    pool = Pool(cast(Dialer, pairs), 1, 60.0, slow_s=0.0, most=2)
    posts = [Noted(b"slow"), Noted(b"slow too"), Noted(b"too many")]
    pairs.allowed = asyncio.Semaphore(9)
    submit(pool, *posts)
    for count in (1, 2):
        await until(lambda count=count: len(pairs.far) == count)  # type: ignore[misc]
        assert await heard(pairs.far[-1])
        pool.sweep(asyncio.get_running_loop().time())
    assert [post.told for post in posts] == [["slow"], ["slow"], []]
    await until(lambda: not pool._dials)
    assert len(pairs.far) == 2
    await pool.close()
