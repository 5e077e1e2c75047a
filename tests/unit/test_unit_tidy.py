import asyncio

import pytest

from app.catalogue import CONNECTIONS
from app.delivery.tidy import MOST_ENDED, TIDY_S
from app.models.ids import ConnectionId
from tests.unit.aws import down, hang, refusal
from tests.unit.delivering import Site, connection, names

MANY = [ConnectionId(f"c-{name}") for name in names(250)]


@pytest.fixture(autouse=True)
def connections(site: Site) -> None:
    site.tables.clear(CONNECTIONS)
    site.tables.plant(CONNECTIONS, *(connection(name) for name in MANY))


def left(site: Site) -> list[str]:
    return sorted(row["connectionId"] for row in site.tables.rows(CONNECTIONS))


async def test_all_gone_connections_are_forgotten(site: Site) -> None:
    await site.app.dispatch.parts.teller.tidy.forget(MANY[:240])
    assert left(site) == MANY[240:]


async def test_gone_connections_are_read_in_hundreds_and_deleted_in_batches_of_25(site: Site) -> None:
    await site.app.dispatch.parts.teller.tidy.forget(MANY)
    read = [len(call["RequestItems"]["connections_table"]["Keys"]) for call in site.aws.named("batch_get_item")]
    deleted = [len(call["RequestItems"]["connections_table"]) for call in site.aws.named("batch_write_item")]
    assert (read, deleted) == ([100, 100, 50], [25] * 10)


async def test_a_connection_that_is_just_being_opened_is_kept(site: Site) -> None:
    site.tables.plant(CONNECTIONS, connection(MANY[0], age_s=10))
    await site.app.dispatch.parts.teller.tidy.forget(MANY)
    assert left(site) == [MANY[0]]


async def test_without_gone_connections_nothing_is_asked(site: Site) -> None:
    await site.app.dispatch.parts.teller.tidy.forget([])
    await site.app.dispatch.parts.teller.tidy.end([])
    assert site.aws.calls == []


async def test_expired_connections_are_closed_and_forgotten(site: Site) -> None:
    await site.app.dispatch.parts.teller.tidy.end(MANY[:40])
    assert sorted(call["ConnectionId"] for call in site.aws.named("delete_connection")) == MANY[:40]
    assert left(site) == MANY[40:]


async def test_no_more_are_closed_at_once_than_the_quota_has_room_for(site: Site) -> None:
    await site.app.dispatch.parts.teller.tidy.end(MANY)
    assert len(site.aws.named("delete_connection")) == MOST_ENDED == 100
    assert len(left(site)) == 150


@pytest.mark.parametrize("error", [refusal("GoneException", 410), refusal("BadRequestException")])
async def test_a_connection_that_cannot_be_closed_any_more_is_forgotten(site: Site, error: Exception) -> None:
    site.aws.on("delete_connection", error)
    await site.app.dispatch.parts.teller.tidy.end(MANY[:1])
    assert left(site) == MANY[1:]


async def test_a_connection_that_stays_open_is_found_again_the_next_time(site: Site) -> None:
    site.aws.on("delete_connection", down())
    await site.app.dispatch.parts.teller.tidy.end(MANY[:1])
    assert left(site) == MANY


@pytest.mark.parametrize("operation", ["batch_get_item", "batch_write_item"])
@pytest.mark.parametrize("error", [down(), refusal("AccessDenied", 403), RuntimeError()])
async def test_tidying_up_never_raises(site: Site, operation: str, error: Exception) -> None:
    site.aws.on(operation, error)
    await site.app.dispatch.parts.teller.tidy.forget(MANY)
    await site.app.dispatch.parts.teller.tidy.end(MANY)
    assert left(site)


@pytest.mark.parametrize("operation", ["batch_get_item", "batch_write_item", "delete_connection"])
async def test_tidying_up_takes_no_more_than_its_time(site: Site, operation: str) -> None:
    site.aws.on(operation, hang)
    tidy = site.app.dispatch.parts.teller.tidy
    async with asyncio.timeout(TIDY_S + 0.9):
        await (tidy.end if operation == "delete_connection" else tidy.forget)(MANY)
    assert asyncio.all_tasks() == {asyncio.current_task()}
