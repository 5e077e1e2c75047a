import asyncio
from collections.abc import AsyncGenerator
from itertools import groupby

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import UnavailableError
from app.inbox.merging import Entry, Page, Wire, starts, take
from app.models.cursors import Position
from app.stores.timeline import Start
from tests.unit.people import NOW_ISO

MOMENTS = [f"2026-11-22T18:00:00.{ms:03}Z" for ms in range(4)]  # few, so that many rows share one
BEGAN = "2026-11-22T18:30:00.000Z"
ROWS = [f"{number:032x}" for number in range(64)]


class Source:
    """Rows of one kind as an index has them; says whether it was closed, and how much was read."""

    def __init__(self, rows: list[Entry], *, newest_first: bool, error_at: int | None = None) -> None:
        self.rows = sorted(rows, key=_place, reverse=newest_first)
        self.newest_first, self.error_at = newest_first, error_at
        self.closed, self.pulled = False, 0

    async def entries(self, start: Start | None = None) -> AsyncGenerator[Entry, None]:
        try:
            for entry in self.rows:
                if self.error_at == self.pulled:
                    raise UnavailableError
                if start is None or self._is_after(entry, start):
                    self.pulled += 1
                    yield entry
                    await asyncio.sleep(0)
        finally:
            self.closed = True

    def _is_after(self, entry: Entry, start: Start) -> bool:
        if start.row_id is None:
            return entry.at <= start.at if self.newest_first else entry.at >= start.at
        here, there = _place(entry), (start.at, start.row_id)
        return here < there if self.newest_first else here > there


def _place(entry: Entry) -> tuple[str, str]:
    return entry.at, entry.row_id


def row(at: str, row_id: str, *, shared: bool = False, content: str = "") -> Entry:
    return Entry(at, row_id, shared, {"id": row_id, "shared": shared, "at": at, "content": content})


def _name(item: Wire) -> tuple[str, bool]:
    return item["id"], item["shared"]


async def page(own: Source, shared: Source, position: Position | None, limit: int, **more: int) -> Page:
    first, second = starts(position)
    mine, everyones = own.entries(first), shared.entries(second)
    taken = await take(mine, everyones, position, limit=limit, newest_first=own.newest_first, **more)
    for generator in (mine, everyones):  # both are closed
        assert [each async for each in generator] == []
    return taken


async def pages(own: Source, shared: Source, limit: int, **more: int) -> list[Page]:
    position, found = None, list[Page]()
    while not found or found[-1].more:
        found.append(await page(own, shared, position, limit, **more))
        position = found[-1].position
        assert len(found) < 99
    return found


rows = st.lists(st.tuples(st.sampled_from(MOMENTS), st.sampled_from(ROWS)), max_size=30, unique_by=lambda pair: pair[1])
contents = st.sampled_from(["", "x" * 40, "ü" * 100, "x" * 400])


@given(rows, rows, st.integers(1, 7), st.booleans())
async def test_pages_are_all_rows_in_the_order_of_time(
    mine: list[tuple[str, str]], everyones: list[tuple[str, str]], limit: int, newest_first: bool
) -> None:
    own = Source([row(*each) for each in mine], newest_first=newest_first)
    shared = Source([row(*each, shared=True) for each in everyones], newest_first=newest_first)

    found = await pages(own, shared, limit)

    items = [item for each in found for item in each.items]
    came = [item["at"] for item in items]
    assert sorted(map(_name, items)) == sorted(_name(entry.item) for entry in (*own.rows, *shared.rows))
    assert came == sorted(came, reverse=newest_first)
    assert [len(each.items) for each in found[:-1]] == [limit] * (len(found) - 1)


@given(rows, rows, st.integers(1, 7))
async def test_of_one_moment_a_persons_own_rows_come_first(
    mine: list[tuple[str, str]], everyones: list[tuple[str, str]], limit: int
) -> None:
    own = Source([row(*each) for each in mine], newest_first=True)
    shared = Source([row(*each, shared=True) for each in everyones], newest_first=True)

    items = [item for each in await pages(own, shared, limit) for item in each.items]

    for _, some in groupby(items, key=lambda item: item["at"]):
        kinds = [item["shared"] for item in some]
        assert kinds == sorted(kinds)


@given(rows, rows, rows, st.integers(1, 5), st.booleans())
async def test_what_arrives_between_two_pages_moves_none_of_the_others(
    mine: list[tuple[str, str]],
    everyones: list[tuple[str, str]],
    late: list[tuple[str, str]],
    limit: int,
    newest_first: bool,
) -> None:
    own = Source([row(*each) for each in mine], newest_first=newest_first)
    shared = Source([row(*each, shared=True) for each in everyones], newest_first=newest_first)
    wanted = {_name(entry.item) for entry in (*own.rows, *shared.rows)}
    known = {each[1] for each in mine}

    first = await page(own, shared, None, limit)
    own = Source([*own.rows, *(row(*each) for each in late if each[1] not in known)], newest_first=newest_first)
    seen = [*first.items]
    position, more = first.position, first.more
    while more:
        following = await page(own, shared, position, limit)
        seen += following.items
        position, more = following.position, following.more

    ids = [_name(item) for item in seen]
    assert len(ids) == len(set(ids))
    assert wanted <= set(ids)


@given(st.lists(contents, max_size=12), st.lists(contents, max_size=12), st.integers(300, 900))
async def test_no_page_is_larger_than_it_may_be(mine: list[str], everyones: list[str], max_bytes: int) -> None:
    own = Source([row(NOW_ISO, ROWS[n], content=text) for n, text in enumerate(mine)], newest_first=False)
    shared = Source(
        [row(NOW_ISO, ROWS[n], shared=True, content=text) for n, text in enumerate(everyones)], newest_first=False
    )

    found = await pages(own, shared, 5, max_bytes=max_bytes)

    assert sum(len(each.items) for each in found) == len(mine) + len(everyones)
    for each in found:
        assert len(orjson.dumps(each.items)) <= max_bytes + 1


async def test_what_alone_is_too_large_comes_without_its_content() -> None:
    own = Source([row(NOW_ISO, ROWS[0], content="x" * 500), row(NOW_ISO, ROWS[1], content="y")], newest_first=False)

    found = await page(own, Source([], newest_first=False), None, 5, max_bytes=300)

    assert [item["content"] for item in found.items] == [None, "y"]


async def test_where_nothing_is_there_is_no_place_to_go_on_from() -> None:
    found = await page(Source([], newest_first=True), Source([], newest_first=True), None, 5)
    assert found == Page([], None, more=False)


async def test_a_page_that_is_empty_keeps_the_place_where_it_began() -> None:
    position = Position(at=NOW_ISO, own=ROWS[3], shared=ROWS[4], began=MOMENTS[0])
    found = await page(Source([], newest_first=False), Source([], newest_first=False), position, 5)
    assert found == Page([], position, more=False)


async def test_a_run_keeps_when_it_began() -> None:
    own = Source([row(at, ROWS[n]) for n, at in enumerate(MOMENTS)], newest_first=False)
    position: Position | None = Position(at=MOMENTS[0], began=BEGAN)
    while position and (found := await page(own, Source([], newest_first=False), position, 1)).more:
        position = found.position
        assert position is not None
        assert position.began == BEGAN


async def test_no_more_is_read_than_a_page_needs() -> None:
    own = Source([row(MOMENTS[n % 4], ROWS[n]) for n in range(40)], newest_first=True)

    await page(own, Source([], newest_first=True), None, 5)

    assert own.pulled == 6


@pytest.mark.parametrize("failing", ["own", "shared"])
@pytest.mark.parametrize("at", [0, 2])
async def test_a_source_that_fails_ends_both(failing: str, at: int) -> None:
    sources = {
        kind: Source(
            [row(moment, ROWS[n], shared=kind == "shared") for n, moment in enumerate(MOMENTS)],
            newest_first=True,
            error_at=at if kind == failing else None,
        )
        for kind in ("own", "shared")
    }

    with pytest.raises(UnavailableError):
        await take(
            sources["own"].entries(),
            sources["shared"].entries(),
            None,
            limit=50,
            newest_first=True,
        )

    assert sources[failing].closed
    assert all(source.closed or not source.pulled for source in sources.values())
