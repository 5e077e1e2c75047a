"""Merges what a person was sent with what everyone was told, in the order of time and page by page."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, NamedTuple, TypeAlias

import orjson

from app.models.cursors import Position
from app.stores.timeline import Start
from app.together import both

Wire: TypeAlias = Mapping[str, Any]
MAX_PAGE_BYTES = (
    1_900_000  # of a list: Lambda answers at most 6,291,556, in which JSON is escaped anew to thrice its size
)


class Entry(NamedTuple):
    """One row, as it is shown."""

    at: str  # its createdAt
    row_id: str
    shared: bool  # whether it is everyone's
    item: Wire


Entries: TypeAlias = AsyncGenerator[Entry, None]


class Page(NamedTuple):
    items: list[Wire]
    position: Position | None  # where it ended; None if nothing is before or after it
    more: bool


def starts(position: Position | None) -> tuple[Start | None, Start | None]:
    """Returns where to go on with a person's own rows, and where with those that everyone shares."""
    if position is None:
        return None, None
    return Start(position.at, position.own), Start(position.at, position.shared)


async def take(
    own: Entries,
    shared: Entries,
    position: Position | None,
    *,
    limit: int,
    newest_first: bool,
    max_bytes: int = MAX_PAGE_BYTES,
) -> Page:
    """Returns the next page, at least one row if there is any; both sources begin at `position` and are closed."""
    taken: list[Entry] = []
    size = 0
    async with aclosing(_merged(own, shared, newest_first=newest_first)) as entries:
        async for entry in entries:
            fitting = _fitting(entry, max_bytes)
            size += _size(fitting)
            if taken and (len(taken) == limit or size > max_bytes):
                return Page([each.item for each in taken], _after(position, taken), more=True)
            taken.append(fitting)
    return Page([each.item for each in taken], _after(position, taken), more=False)


def _fitting(entry: Entry, max_bytes: int) -> Entry:
    """Returns what fits: a row that alone is too large becomes a pointer, the same without its content."""
    return entry if _size(entry) <= max_bytes else entry._replace(item={**entry.item, "content": None})


def _size(entry: Entry) -> int:
    return len(orjson.dumps(entry.item)) + 1  # and a comma


async def _merged(own: Entries, shared: Entries, *, newest_first: bool) -> Entries:
    async with aclosing(own), aclosing(shared):
        first, second = await both(_next(own), _next(shared))
        while first or second:
            if first and (second is None or _comes_first(first, second, newest_first)):
                yield first
                first = await _next(own)
            elif second:
                yield second
                second = await _next(shared)


def _comes_first(own: Entry, shared: Entry, newest_first: bool) -> bool:
    return own.at == shared.at or (own.at > shared.at) == newest_first


async def _next(entries: Entries) -> Entry | None:
    return await anext(entries, None)


def _after(position: Position | None, taken: list[Entry]) -> Position | None:
    """Returns the place after these; the ids are those of the last rows of the last moment, one of each kind."""
    if not taken:
        return position
    at = taken[-1].at
    before = position if position and position.at == at else Position(at=at)
    last = {entry.shared: entry.row_id for entry in taken if entry.at == at}
    ids = {"own": last.get(False, before.own), "shared": last.get(True, before.shared)}
    return before.model_copy(update={**ids, "began": position.began if position else None})
