"""What survives the way into a table and back, and what may stand in the expressions that DynamoDB reads."""

import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import moto.dynamodb.parsing
import orjson
import pytest

from app.application import App
from app.aws import Call
from app.catalogue import USERS
from app.errors import ConditionFailedError
from app.models.connections import Connection, TicketGrant
from app.models.deliveries import Progress, Tally
from app.models.ids import ConnectionId, Ticket
from app.models.times import epoch_s
from app.models.users import UpdateUser
from app.stores.connections import Connections
from app.stores.deliveries import Deliveries
from app.stores.devices import Devices
from app.stores.dynamo import DynamoTable
from app.stores.messages import Messages
from app.stores.tickets import Tickets
from app.stores.users import Users
from tests.integration.recorder import recorder
from tests.integration.rows import ALICE, MESSAGE, crowd, delivery, device, user, work
from tests.integration.site import Clock, Site

RESERVED = set((Path(moto.dynamodb.parsing.__file__).parent / "reserved_keywords.txt").read_text().upper().split())


async def test_numbers_lists_and_maps_survive_the_round_trip(app: App) -> None:
    table = app.users.table
    item = {"userId": "alice", "n": 2**53 + 1, "map": {"a": {"b": True}}, "list": ["x", None], "text": "Öz\u0000🙂"}
    await table.put(item)
    assert await table.get({"userId": "alice"}) == item


async def test_a_number_inside_a_map_comes_back_as_a_plain_number(app: App) -> None:
    table = app.users.table
    item = {"userId": "alice", "map": {"n": 7}, "list": [1]}
    await table.put(item)
    assert orjson.loads(orjson.dumps(await table.get({"userId": "alice"}))) == item


async def test_reserved_words_work_where_they_are_marked(app: App, site: Site) -> None:
    table = app.users.table
    await table.put({"userId": "alice", "timestamp": "1", "state": "a"})
    await table.update({"userId": "alice"}, "SET #state = :new REMOVE #timestamp", "#state = :old", new="b", old="a")
    assert site.rows(USERS) == [{"userId": "alice", "state": "b"}]


async def test_an_update_whose_condition_does_not_hold_creates_nothing(app: App, site: Site) -> None:
    with pytest.raises(ConditionFailedError):
        await app.users.table.update({"userId": "alice"}, "SET a = :a", "b = :b", a="1", b="2")
    assert site.rows(USERS) == []


async def test_every_read_of_a_table_is_consistent(app: App, clock: Clock) -> None:
    call = recorder(app)
    store = Users(DynamoTable(call, app.settings.users_table))
    await store.create(user(ALICE, clock()))
    await store.get(ALICE)
    await store.get_many([ALICE])
    assert call.calls[1][1]["ConsistentRead"] is True
    assert call.calls[2][1]["RequestItems"][app.settings.users_table]["ConsistentRead"] is True


async def test_no_expression_has_a_reserved_word_in_it(app: App, clock: Clock) -> None:
    call = recorder(app)
    for step in (_users, _devices, _deliveries, _connections):
        await step(app, call, clock)
    texts = set(_expressions([parameters for _, parameters in call.calls]))
    assert len(texts) > 15
    words = {word.upper() for text in texts for word in re.findall(r"(?<![:#\w])\w+\b(?!\()", text)}
    assert words & RESERVED <= {"AND", "OR", "IN", "SET", "ADD", "DELETE", "REMOVE"}


Step = Callable[[App, Call, Clock], Awaitable[None]]


async def _users(app: App, call: Call, clock: Clock) -> None:
    store, alice = Users(DynamoTable(call, app.settings.users_table)), user(ALICE, clock())
    await store.create(alice)
    await store.replace(alice, alice.updated(UpdateUser(first_name="Al"), clock()))


async def _devices(app: App, call: Call, clock: Clock) -> None:
    store, registered = Devices(DynamoTable(call, app.settings.devices_table)), device(ALICE, clock(), "t")
    assert await store.put(registered, None)
    assert await store.put(registered, registered)
    assert await store.of(ALICE) == [registered]
    assert await store.delete(registered)


async def _deliveries(app: App, call: Call, clock: Clock) -> None:
    store = Deliveries(DynamoTable(call, app.settings.deliveries_table))
    of = work(clock(), *crowd(51))
    accepted = delivery(of, clock())
    await store.accept(accepted, of, [])
    for version in (1, 2):
        await store.save(Progress(message_id=MESSAGE, part=of.parts[0], version=version), clock())
    await store.queued(MESSAGE, clock())
    assert [each async for each in store.due(clock())] == []
    for part in of.parts:
        await store.close(accepted, part, Tally(), clock())
    assert not await store.fail(MESSAGE)
    assert await Messages(DynamoTable(call, app.settings.messages_table)).of(MESSAGE) == []


async def _connections(app: App, call: Call, clock: Clock) -> None:
    store = Connections(DynamoTable(call, app.settings.connections_table))
    await store.put(Connection.open(ConnectionId("a1"), ALICE, epoch_s(clock()) + 9, clock()))
    assert [await store.of(ALICE, clock())] == [page async for page in store.segment(0, 1, None, clock)]
    assert [each async for each in store.all_of(ALICE)] == ["a1"]
    await store.forget_gone([ConnectionId("a1")], clock())
    tickets = Tickets(DynamoTable(call, app.settings.tickets_table))
    await tickets.put(TicketGrant.issue(Ticket("t"), ALICE, 9, clock()))
    await tickets.redeem(Ticket("t"), clock())


def _expressions(value: Any) -> Iterator[str]:
    """Yields every expression in the parameters of calls, however deep."""
    for name, member in value.items() if isinstance(value, dict) else enumerate(value):
        if str(name).endswith("Expression"):
            yield member
        elif isinstance(member, dict | list):
            yield from _expressions(member)
