"""The tables Connections, Tickets and Devices."""

import asyncio

import pytest

from app.application import App
from app.catalogue import CONNECTIONS, TICKETS
from app.models.connections import Connection, Page, TicketGrant
from app.models.ids import ConnectionId, Ticket, UserId
from app.models.times import epoch_s
from app.stores.connections import MAX_PER_USER
from tests.integration.rows import ALICE, BOB
from tests.integration.site import Clock, Site

HOUR = 3600
GRANT = Ticket("ticket-1")


async def connect(app: App, clock: Clock, name: str, user_id: UserId = ALICE, ends_in_s: int = HOUR) -> ConnectionId:
    connection = Connection.open(ConnectionId(name), user_id, epoch_s(clock()) + ends_in_s, clock())
    await app.connections.put(connection)
    return connection.connection_id


async def of(app: App, user_id: UserId, clock: Clock) -> set[str]:
    return set((await app.connections.of(user_id, clock())).live)


async def segments(app: App, clock: Clock, count: int = 4) -> list[list[Page]]:
    """Returns the pages of each segment."""
    return [[page async for page in app.connections.segment(number, count, None, clock)] for number in range(count)]


async def every(app: App, clock: Clock) -> list[str]:
    """Returns all connections that a message to everyone is posted to, in order."""
    return sorted(name for pages in await segments(app, clock) for page in pages for name in page.live)


async def test_a_connection_is_stored_under_the_fixed_names(app: App, site: Site, clock: Clock) -> None:
    await connect(app, clock, "a1=")
    expires_at = epoch_s(clock()) + HOUR
    row = {"connectionId": "a1=", "userId": "alice", "timestamp": "2026-11-22T12:00:00.000Z", "expiresAt": expires_at}
    assert site.rows(CONNECTIONS) == [row]


async def test_a_connection_ends_with_api_gateways_two_hours_at_the_latest(app: App, site: Site, clock: Clock) -> None:
    await connect(app, clock, "a1", ends_in_s=24 * HOUR)
    assert [row["expiresAt"] for row in site.rows(CONNECTIONS)] == [epoch_s(clock()) + 2 * HOUR]


async def test_the_connections_of_a_person_are_theirs_alone(app: App, clock: Clock) -> None:
    await connect(app, clock, "a1")
    await connect(app, clock, "a2")
    await connect(app, clock, "b1", BOB)
    assert await of(app, ALICE, clock) == {"a1", "a2"}
    assert await of(app, UserId("nobody"), clock) == set()


async def test_a_connection_whose_token_has_ended_is_told_apart(app: App, clock: Clock) -> None:
    ended = await connect(app, clock, "ended", ends_in_s=10)
    alive = await connect(app, clock, "alive", ends_in_s=11)
    clock.advance(seconds=10)
    assert await app.connections.of(ALICE, clock()) == Page(live=[alive], expired=[ended])
    [[page]] = await segments(app, clock, 1)
    assert page == Page(live=[alive], expired=[ended])


async def test_all_that_a_person_has_includes_what_has_ended(app: App, clock: Clock) -> None:
    await connect(app, clock, "ended", ends_in_s=-HOUR)
    await connect(app, clock, "alive")
    await connect(app, clock, "other", BOB)
    assert {connection async for connection in app.connections.all_of(ALICE)} == {"ended", "alive"}


async def test_of_very_many_connections_those_are_posted_to_that_last_longest(app: App, clock: Clock) -> None:
    names = [await connect(app, clock, f"c{number}", ends_in_s=60 + number) for number in range(MAX_PER_USER + 2)]
    assert await of(app, ALICE, clock) == set(names[2:])


async def test_every_connection_is_in_exactly_one_segment(app: App, clock: Clock) -> None:
    names = [await connect(app, clock, f"c{number:02}=", UserId(f"user-{number}")) for number in range(40)]
    assert await every(app, clock) == names
    assert [bool(page.live) for pages in await segments(app, clock) for page in pages] == [True] * 4


async def test_a_segment_without_connections_is_one_empty_page(app: App, clock: Clock) -> None:
    assert await segments(app, clock) == [[Page(live=[], expired=[])]] * 4


async def test_a_segment_goes_on_after_a_connection(app: App, clock: Clock) -> None:
    for number in range(40):
        await connect(app, clock, f"c{number:02}")
    [[whole], *_] = await segments(app, clock)
    middle = len(whole.live) // 2
    [rest] = [page async for page in app.connections.segment(0, 4, whole.live[middle - 1], clock)]
    assert rest.live == whole.live[middle:]
    assert len(rest.live) > 1


async def test_a_segment_goes_on_after_a_connection_that_is_gone(app: App, clock: Clock) -> None:
    """So it is on AWS; moto starts anew, which is no loss either."""
    for number in range(40):
        await connect(app, clock, f"c{number:02}")
    [[whole], *_] = await segments(app, clock)
    await app.connections.delete(whole.live[2])
    [rest] = [page async for page in app.connections.segment(0, 4, whole.live[2], clock)]
    assert set(rest.live) >= set(whole.live[3:])


async def test_whether_a_connection_has_expired_is_seen_when_its_page_is_read(app: App, clock: Clock) -> None:
    await connect(app, clock, "a1", ends_in_s=10)
    pages = app.connections.segment(0, 1, None, clock)
    clock.advance(seconds=10)
    assert (await anext(pages)).expired == ["a1"]


async def test_a_connection_is_deleted_and_deleting_can_be_repeated(app: App, site: Site, clock: Clock) -> None:
    connection = await connect(app, clock, "a1")
    await app.connections.delete(connection)
    await app.connections.delete(connection)
    assert site.rows(CONNECTIONS) == []


async def test_many_connections_are_deleted_and_nobody_elses(app: App, site: Site, clock: Clock) -> None:
    names = [await connect(app, clock, f"c{number}=") for number in range(60)]
    await connect(app, clock, "other", BOB)
    await app.connections.delete_many(names)
    await app.connections.delete_many(names)
    assert [row["connectionId"] for row in site.rows(CONNECTIONS)] == ["other"]


async def test_to_delete_nothing_is_to_ask_for_nothing(app: App, site: Site, clock: Clock) -> None:
    await connect(app, clock, "a1")
    await app.connections.delete_many([])
    await app.connections.forget_gone([], clock())
    assert len(site.rows(CONNECTIONS)) == 1


@pytest.mark.parametrize(("age_s", "left"), [(0, 1), (9.999, 1), (10, 1), (10.001, 0), (HOUR, 0)])
async def test_a_gone_connection_is_forgotten_once_it_is_older_than_10_seconds(
    age_s: float, left: int, app: App, site: Site, clock: Clock
) -> None:
    connection = await connect(app, clock, "a1")
    clock.advance(seconds=age_s)
    await app.connections.forget_gone([connection], clock())
    assert len(site.rows(CONNECTIONS)) == left


async def test_of_many_gone_connections_the_young_and_the_unnamed_are_kept(app: App, site: Site, clock: Clock) -> None:
    old = [await connect(app, clock, f"old-{number}") for number in range(99)]
    kept = await connect(app, clock, "old and alive")
    clock.advance(seconds=11)
    young = await connect(app, clock, "young")
    await app.connections.forget_gone([*old, young], clock())
    assert {row["connectionId"] for row in site.rows(CONNECTIONS)} == {kept, young}


async def test_forgetting_a_connection_that_is_not_there_is_no_error(app: App, site: Site, clock: Clock) -> None:
    await app.connections.forget_gone([ConnectionId("never")], clock())
    assert site.rows(CONNECTIONS) == []


async def test_the_index_by_user_has_the_keys_only(app: App, site: Site, clock: Clock) -> None:
    await connect(app, clock, "a1")
    assert [set(row) for row in site.rows(CONNECTIONS, "byUser")] == [{"connectionId", "userId", "expiresAt"}]


async def issue(app: App, clock: Clock) -> TicketGrant:
    grant = TicketGrant.issue(GRANT, ALICE, epoch_s(clock()) + HOUR, clock())
    await app.tickets.put(grant)
    return grant


async def test_a_ticket_is_stored_with_its_end_in_epoch_seconds(app: App, site: Site, clock: Clock) -> None:
    await issue(app, clock)
    now = epoch_s(clock())
    row = {"ticket": "ticket-1", "userId": "alice", "tokenExpiresAt": now + HOUR, "expiresAt": now + 30}
    assert site.rows(TICKETS) == [row]


async def test_a_ticket_gives_what_it_was_issued_for_and_is_used_up(app: App, site: Site, clock: Clock) -> None:
    grant = await issue(app, clock)
    assert await app.tickets.redeem(GRANT, clock()) == grant
    assert await app.tickets.redeem(GRANT, clock()) is None
    assert site.rows(TICKETS) == []


async def test_of_two_who_show_one_ticket_at_the_same_time_one_gets_in(app: App, clock: Clock) -> None:
    grant = await issue(app, clock)
    both = await asyncio.gather(app.tickets.redeem(GRANT, clock()), app.tickets.redeem(GRANT, clock()))
    assert sorted(both, key=lambda each: each is None) == [grant, None]


@pytest.mark.parametrize(("after_s", "valid"), [(29, True), (30, False), (HOUR, False)])
async def test_a_ticket_is_good_for_30_seconds(after_s: int, valid: bool, app: App, clock: Clock) -> None:
    await issue(app, clock)
    clock.advance(seconds=after_s)
    assert (await app.tickets.redeem(GRANT, clock()) is not None) is valid


async def test_a_ticket_that_never_was_opens_nothing(app: App, clock: Clock) -> None:
    assert await app.tickets.redeem(Ticket("never"), clock()) is None
