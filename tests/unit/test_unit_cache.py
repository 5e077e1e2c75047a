import asyncio
import gc
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from app.cache import PAUSE_S, CacheFirst
from tests.unit.aws import Aws, held
from tests.unit.people import ADA, person

KEY = {"userId": {"S": ADA}}
IN_TABLE = held(person(ADA, "Table"))
IN_CACHE = held(person(ADA, "Cache"))


class Cache:
    """The blocking client: it answers, or raises, what it is told to; while `open` is not set, it hangs."""

    def __init__(self) -> None:
        self.answer: dict[str, Any] | Exception = IN_CACHE
        self.calls: list[dict[str, Any]] = []
        self.open = threading.Event()
        self.open.set()

    def __call__(self, **parameters: Any) -> dict[str, Any]:
        self.calls.append(parameters)
        assert self.open.wait(10)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Reader:
    """A CacheFirst over a table that has Ada as well, with a clock of its own and less patience."""

    def __init__(self, cache: Cache, aws: Aws) -> None:
        self.now_s = 0.0
        self.call = CacheFirst(aws, cache, clock=lambda: self.now_s, first_s=0.05, answer_s=0.05)

    async def read(self) -> dict[str, Any]:
        return await self.call("get_item", TableName="Users", Key=KEY, ConsistentRead=True)


@pytest.fixture
def cache() -> Iterator[Cache]:
    cache = Cache()
    yield cache
    cache.open.set()


@pytest.fixture
def reader(cache: Cache, aws: Aws) -> Reader:
    aws.on("get_item", IN_TABLE)
    return Reader(cache, aws)


async def test_what_the_cache_has_costs_the_table_nothing(reader: Reader, cache: Cache, aws: Aws) -> None:
    assert await reader.read() == IN_CACHE
    assert cache.calls == [{"TableName": "Users", "Key": KEY}]  # without ConsistentRead, which would pass it by
    assert aws.calls == []


@pytest.mark.parametrize("nothing", [{}, {"Item": None}, {"Item": {}}])
async def test_that_the_cache_has_nothing_is_not_believed(
    reader: Reader, cache: Cache, nothing: dict[str, Any]
) -> None:
    cache.answer = nothing
    assert [await reader.read(), await reader.read()] == [IN_TABLE, IN_TABLE]
    assert len(cache.calls) == 2  # it is no failure


async def test_other_calls_go_to_the_table(reader: Reader, cache: Cache, aws: Aws) -> None:
    await reader.call("put_item", TableName="Users", Item={})
    assert aws.operations() == ["put_item"]
    assert cache.calls == []


async def test_whatever_fails_in_the_cache_the_table_answers_and_the_cache_is_left_alone(
    reader: Reader, cache: Cache, aws: Aws
) -> None:
    cache.answer = OSError("away")
    assert [await reader.read(), await reader.read()] == [IN_TABLE, IN_TABLE]
    assert len(cache.calls) == 1
    assert aws.named("get_item") == [{"TableName": "Users", "Key": KEY, "ConsistentRead": True}] * 2


async def test_after_a_pause_the_cache_is_asked_again(reader: Reader, cache: Cache) -> None:
    cache.answer = OSError("away")
    await reader.read()
    cache.answer = IN_CACHE
    reader.now_s = PAUSE_S - 1
    assert await reader.read() == IN_TABLE
    reader.now_s = PAUSE_S
    assert await reader.read() == IN_CACHE


async def test_a_cache_that_hangs_is_waited_for_once_and_has_one_call(reader: Reader, cache: Cache) -> None:
    cache.open.clear()
    assert await asyncio.wait_for(reader.read(), 1) == IN_TABLE
    reader.now_s = PAUSE_S  # but the call still hangs
    reads = await asyncio.gather(*(reader.read() for _ in range(20)))
    assert reads == [IN_TABLE] * 20
    cache.open.set()
    await asyncio.to_thread(_until_idle, reader)
    assert len(cache.calls) == 1  # none was waiting behind it


@pytest.mark.parametrize("late", [IN_CACHE, OSError("late")])
async def test_an_answer_that_comes_too_late_is_nobodys_and_lets_the_next_be_asked(
    reader: Reader, cache: Cache, late: dict[str, Any] | Exception
) -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    cache.open.clear()
    await reader.read()
    cache.answer = late
    cache.open.set()
    await asyncio.to_thread(_until_idle, reader)
    await asyncio.sleep(0)
    cache.answer, reader.now_s = IN_CACHE, PAUSE_S
    assert await reader.read() == IN_CACHE
    gc.collect()
    assert complaints == []


async def test_a_read_that_is_given_up_takes_no_other_with_it(reader: Reader, cache: Cache) -> None:
    cache.open.clear()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(), 0.01)
    assert await reader.read() == IN_TABLE


async def test_the_first_read_is_waited_for_longer_and_no_other(cache: Cache, aws: Aws) -> None:
    aws.on("get_item", IN_TABLE)
    call = CacheFirst(aws, cache, first_s=10, answer_s=0.01)
    cache.open.clear()
    asyncio.get_running_loop().call_later(0.1, cache.open.set)
    assert await call("get_item", TableName="Users", Key=KEY) == IN_CACHE
    cache.open.clear()
    assert await asyncio.wait_for(call("get_item", TableName="Users", Key=KEY), 5) == IN_TABLE


async def test_a_failure_is_told_once_and_without_what_it_says(
    reader: Reader, cache: Cache, capsys: pytest.CaptureFixture[str]
) -> None:
    cache.answer = OSError("ada@example.test")
    await reader.read()
    await reader.read()
    written = capsys.readouterr().out
    event, figures = (json.loads(line) for line in written.splitlines())
    assert (event["event"], event["level"], event["error"]) == ("cache away", "WARN", "OSError")
    assert figures["CacheAway"] == 1
    assert "ada@" not in written


def _until_idle(reader: Reader) -> None:
    reader.call._thread.submit(lambda: None).result(10)
