import asyncio
import json
import time

import pytest

from app.catalogue import CONNECTIONS
from app.handlers.connections import handle
from app.stores.connections import MAX_PER_USER
from tests.unit.aws import down, hang, refusal
from tests.unit.delivering import Site, connection
from tests.unit.events import REQUEST_ID, knock, lines, socket_event
from tests.unit.people import ADA, BOB

NEW = "BFHPhfCWIAMCKlQ="
MOST = 10


def crowd(site: Site, count: int, owner: str = ADA) -> list[str]:
    """Opens so many connections of a person, each of which ends before the next one."""
    names = [f"c{number:02}" for number in range(count)]
    rows = [connection(name, owner=owner, expires_in_s=60 + number) for number, name in enumerate(names)]
    site.tables.plant(CONNECTIONS, *rows)
    return names


@pytest.fixture(autouse=True)
def nobody_is_connected(site: Site) -> None:
    site.tables.clear(CONNECTIONS)


async def connect(site: Site) -> int:
    return await knock(handle, site.app, socket_event("$connect"))


def left(site: Site) -> list[str]:
    return sorted(row["connectionId"] for row in site.tables.rows(CONNECTIONS))


def closed(site: Site) -> list[str]:
    return sorted(call["ConnectionId"] for call in site.aws.named("delete_connection"))


async def test_the_tenth_connection_closes_none(site: Site) -> None:
    names = crowd(site, MOST - 1)
    assert await connect(site) == 200
    assert (closed(site), left(site)) == ([], sorted([*names, NEW]))


async def test_the_eleventh_connection_closes_the_one_that_ends_first(site: Site) -> None:
    first, *rest = crowd(site, MOST)
    assert await connect(site) == 200
    assert (closed(site), left(site)) == ([first], sorted([*rest, NEW]))


async def test_whoever_is_closed_is_told_why_before(site: Site) -> None:
    first, *_ = crowd(site, MOST)
    await connect(site)
    [post] = site.aws.named("post_to_connection")
    why = {"type": "error", "code": "too_many_connections", "status": 429, "requestId": REQUEST_ID}
    assert (post["ConnectionId"], json.loads(post["Data"])) == (first, why)
    assert site.done("post_to_connection", "delete_connection") == ["post_to_connection", "delete_connection"]


async def test_a_new_connection_is_kept_though_it_ends_first_of_all(site: Site) -> None:
    names = crowd(site, MOST)
    assert await knock(handle, site.app, socket_event("$connect", expires_at=int(site.clock().timestamp()) + 1)) == 200
    assert (closed(site), NEW in left(site)) == (names[:1], True)


async def test_others_keep_their_connections(site: Site) -> None:
    names = crowd(site, MOST, owner=BOB)
    await connect(site)
    assert left(site) == sorted([*names, NEW])


async def test_an_index_that_does_not_know_the_new_one_yet_closes_no_more(site: Site) -> None:
    first, *rest = crowd(site, MOST)
    query = site.tables.query

    async def lagging(**parameters: object) -> dict[str, object]:
        answer = await query(**parameters)  # type: ignore[arg-type]
        return {"Items": [item for item in answer["Items"] if item["connectionId"]["S"] != NEW]}

    site.aws.on("query", lagging)
    await connect(site)
    assert (closed(site), left(site)) == ([first], sorted([*rest, NEW]))


async def test_those_whom_the_index_knew_too_late_are_closed_by_the_next(site: Site) -> None:
    names = crowd(site, MOST + 5)
    await connect(site)
    assert closed(site) == names[:6]


async def test_one_handshake_closes_no_more_than_are_posted_to(site: Site) -> None:
    crowd(site, 50)
    await connect(site)
    assert len(closed(site)) == MAX_PER_USER - MOST


async def test_connections_whose_token_has_ended_do_not_count(site: Site) -> None:
    crowd(site, MOST - 1)
    site.tables.plant(CONNECTIONS, connection("ended", owner=ADA, expires_in_s=-1))
    await connect(site)
    assert closed(site) == []


async def test_one_that_has_gone_makes_room_too(site: Site) -> None:
    first, *_ = crowd(site, MOST)
    for operation in ("post_to_connection", "delete_connection"):
        site.aws.on(operation, refusal("GoneException", 410))
    assert await connect(site) == 200
    assert first not in left(site)


async def test_one_that_cannot_be_told_is_closed_all_the_same(site: Site) -> None:
    first, *_ = crowd(site, MOST)
    site.aws.on("post_to_connection", down())
    assert await connect(site) == 200
    assert (closed(site), first in left(site)) == ([first], False)


async def test_one_that_does_not_read_is_closed_all_the_same(site: Site) -> None:
    first, *_ = crowd(site, MOST)
    site.aws.on("post_to_connection", hang)
    assert await connect(site) == 200
    assert (closed(site), first in left(site)) == ([first], False)


async def test_one_that_cannot_be_closed_is_found_again_by_the_next(site: Site) -> None:
    first, *_ = crowd(site, MOST)
    site.aws.on("delete_connection", down())
    assert await connect(site) == 200
    assert {first, NEW} <= set(left(site))


@pytest.mark.parametrize("operation", ["query", "delete_item", "delete_connection", "post_to_connection"])
async def test_whatever_fails_the_new_connection_is_open(site: Site, operation: str) -> None:
    crowd(site, MOST)
    site.aws.on(operation, down())
    assert await connect(site) == 200
    assert NEW in left(site)


async def test_what_hangs_holds_the_handshake_up_for_a_moment_only(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    crowd(site, MOST)
    site.aws.on("query", hang)
    started = time.monotonic()
    assert (await connect(site), time.monotonic() - started < 3) == (200, True)
    assert "surplus connections kept" in [line["event"] for line in lines(capsys.readouterr().out)]
    assert asyncio.all_tasks() == {asyncio.current_task()}
