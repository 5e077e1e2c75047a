"""The tables Connections, Tickets and Devices."""

import asyncio

import pytest

from app.catalogue import CONNECTIONS, DEVICES, TICKETS
from app.models.connections import Connection, TicketGrant
from app.models.ids import ConnectionId, Ticket, UserId
from app.models.times import epoch_s, iso
from app.runtime import App
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
    return set(await app.connections.of(user_id, clock()))


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


async def test_a_connection_whose_token_has_ended_is_left_out(app: App, clock: Clock) -> None:
    await connect(app, clock, "ended", ends_in_s=10)
    await connect(app, clock, "alive", ends_in_s=11)
    clock.advance(seconds=10)
    assert await of(app, ALICE, clock) == {"alive"}
    assert [connection async for connection in app.connections.every(clock())] == ["alive"]


async def test_all_that_a_person_has_includes_what_has_ended(app: App, clock: Clock) -> None:
    await connect(app, clock, "ended", ends_in_s=-HOUR)
    await connect(app, clock, "alive")
    await connect(app, clock, "other", BOB)
    assert {connection async for connection in app.connections.all_of(ALICE)} == {"ended", "alive"}


async def test_of_very_many_connections_those_are_posted_to_that_last_longest(app: App, clock: Clock) -> None:
    names = [await connect(app, clock, f"c{number}", ends_in_s=60 + number) for number in range(MAX_PER_USER + 2)]
    assert await of(app, ALICE, clock) == set(names[2:])


async def test_every_connection_is_everybodys(app: App, clock: Clock) -> None:
    await connect(app, clock, "a1")
    await connect(app, clock, "b1", BOB)
    assert {connection async for connection in app.connections.every(clock())} == {"a1", "b1"}


async def test_a_connection_is_deleted_and_deleting_can_be_repeated(app: App, site: Site, clock: Clock) -> None:
    connection = await connect(app, clock, "a1")
    await app.connections.delete(connection)
    await app.connections.delete(connection)
    assert site.rows(CONNECTIONS) == []


@pytest.mark.parametrize(("age_s", "left"), [(0, 1), (9.999, 1), (10, 1), (10.001, 0), (HOUR, 0)])
async def test_a_gone_connection_is_forgotten_once_it_is_older_than_10_seconds(
    age_s: float, left: int, app: App, site: Site, clock: Clock
) -> None:
    connection = await connect(app, clock, "a1")
    clock.advance(seconds=age_s)
    await app.connections.forget_gone(connection, clock())
    assert len(site.rows(CONNECTIONS)) == left


async def test_forgetting_a_connection_that_is_not_there_is_no_error(app: App, site: Site, clock: Clock) -> None:
    await app.connections.forget_gone(ConnectionId("never"), clock())
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


async def test_all_devices_of_a_person_are_deleted_and_nobody_elses(app: App, site: Site, clock: Clock) -> None:
    for name, device in (("alice", "phone"), ("alice", "tablet"), ("bob", "phone")):
        site.insert(DEVICES, userId=name, deviceId=device, token=iso(clock()))
    await app.devices.delete_all(ALICE)
    assert [(row["userId"], row["deviceId"]) for row in site.rows(DEVICES)] == [("bob", "phone")]


async def test_a_person_without_devices_has_none_to_delete(app: App) -> None:
    await app.devices.delete_all(ALICE)
