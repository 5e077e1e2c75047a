"""Pages that are followed, batches that are completed, and what survives the way into a table and back."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import moto.dynamodb.parsing
import orjson
import pytest

from app.aws import Call
from app.catalogue import CONNECTIONS, DEVICES, USERS
from app.errors import ConditionFailedError, UnavailableError
from app.models.connections import Connection, TicketGrant
from app.models.deliveries import DeliveryResult
from app.models.ids import ConnectionId, Ticket
from app.models.times import epoch_s
from app.models.users import UpdateUser
from app.runtime import App
from app.stores.connections import Connections
from app.stores.deliveries import Deliveries
from app.stores.devices import Devices
from app.stores.dynamo import DynamoTable, encode
from app.stores.tickets import Tickets
from app.stores.users import Users
from tests.integration.rows import ALICE, BOB, MESSAGE, planned, user
from tests.integration.site import Clock, Site

PADDING = "x" * 300_000  # four of these are more than the 1 MB of one page
RESERVED = set((Path(moto.dynamodb.parsing.__file__).parent / "reserved_keywords.txt").read_text().upper().split())


@dataclass(slots=True)
class Recorder:
    """Passes calls on and keeps them."""

    call: Call
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def __call__(self, operation: str, **parameters: Any) -> dict[str, Any]:
        self.calls.append((operation, parameters))
        return await self.call(operation, **parameters)

    def count(self, operation: str) -> int:
        return [name for name, _ in self.calls].count(operation)


def scripted(*answers: dict[str, Any]) -> Recorder:
    rest = iter(answers)

    async def call(_: str, **__: Any) -> dict[str, Any]:
        return next(rest)

    return Recorder(call)


def recorder(app: App) -> Recorder:
    return Recorder(app.service("dynamodb"))


async def test_a_scan_follows_its_pages(app: App, site: Site, clock: Clock) -> None:
    for number in range(5):
        row = {"connectionId": f"c{number}", "userId": "alice", "expiresAt": epoch_s(clock()) + 1}
        site.insert(CONNECTIONS, **row, padding=PADDING)
    call = recorder(app)
    store = Connections(DynamoTable(call, app.settings.connections_table))
    assert {each async for each in store.every(clock())} == {f"c{number}" for number in range(5)}
    assert call.count("scan") > 1


async def test_a_query_follows_its_pages(app: App, site: Site) -> None:
    for number in range(5):
        site.insert(DEVICES, userId="alice", deviceId=f"d{number}", padding=PADDING)
    call = recorder(app)
    await Devices(DynamoTable(call, app.settings.devices_table)).delete_all(ALICE)
    assert site.rows(DEVICES) == []
    assert call.count("query") > 1


async def test_a_page_without_items_is_not_the_end(clock: Clock) -> None:
    last = encode({"connectionId": "c1"})
    call = scripted({"Items": [], "LastEvaluatedKey": last}, {"Items": [encode({"connectionId": "c2"})]})
    assert [each async for each in Connections(DynamoTable(call, "T")).every(clock())] == ["c2"]
    assert [parameters.get("ExclusiveStartKey") for _, parameters in call.calls] == [None, last]


async def test_a_reader_who_stops_early_asks_for_no_further_page(clock: Clock) -> None:
    page = {"Items": [encode({"connectionId": "c1"})], "LastEvaluatedKey": encode({"connectionId": "c1"})}
    call = scripted(page)
    pages = Connections(DynamoTable(call, "T")).every(clock())
    assert await anext(pages) == "c1"
    assert call.count("scan") == 1


async def test_what_a_batch_left_unprocessed_is_asked_for_again(clock: Clock) -> None:
    rest = {"T": {"Keys": [encode({"userId": "bob"})], "ConsistentRead": True}}
    first = {"Responses": {"T": [encode(user(ALICE, clock()).to_item())]}, "UnprocessedKeys": rest}
    second = {"Responses": {"T": [encode(user(BOB, clock()).to_item())]}, "UnprocessedKeys": {}}
    call = scripted(first, second)
    assert set(await Users(DynamoTable(call, "T")).get_many([ALICE, BOB])) == {ALICE, BOB}
    assert call.calls[1][1]["RequestItems"] == rest


async def test_a_batch_that_is_never_processed_is_unavailable() -> None:
    rest = {"T": {"Keys": [encode({"userId": "bob"})]}}
    call = scripted(*[{"Responses": {}, "UnprocessedKeys": rest}] * 9)
    with pytest.raises(UnavailableError):
        await Users(DynamoTable(call, "T")).get_many([BOB])
    assert len(call.calls) == 4


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
    for step in (_users, _deliveries, _connections):
        await step(app, call, clock)
    named = {"ConditionExpression", "UpdateExpression", "KeyConditionExpression", "FilterExpression"}
    texts = {value for _, parameters in call.calls for name, value in parameters.items() if name in named}
    assert len(texts) > 9
    words = {word.upper() for text in texts for word in re.findall(r"(?<![:#\w])\w+", text)}
    assert words & RESERVED <= {"AND", "OR", "SET", "REMOVE"}


Step = Callable[[App, Call, Clock], Awaitable[None]]


async def _users(app: App, call: Call, clock: Clock) -> None:
    store, alice = Users(DynamoTable(call, app.settings.users_table)), user(ALICE, clock())
    await store.create(alice)
    await store.replace(alice, alice.updated(UpdateUser(first_name="Al"), clock()))
    await Devices(DynamoTable(call, app.settings.devices_table)).delete_all(ALICE)


async def _deliveries(app: App, call: Call, clock: Clock) -> None:
    store, delivery = Deliveries(DynamoTable(call, app.settings.deliveries_table)), planned(clock(), BOB).delivery
    await store.accept(delivery, [], "token")
    await store.claim(delivery, clock())
    for complete in (False, True):
        await store.settle(delivery, DeliveryResult(posted=0, gone=0, failed=0, published=True, complete=complete))
    assert (await store.get(MESSAGE)) is not None


async def _connections(app: App, call: Call, clock: Clock) -> None:
    store = Connections(DynamoTable(call, app.settings.connections_table))
    await store.put(Connection.open(ConnectionId("a1"), ALICE, epoch_s(clock()) + 9, clock()))
    assert await store.of(ALICE, clock()) == [each async for each in store.every(clock())]
    assert [each async for each in store.all_of(ALICE)] == ["a1"]
    await store.forget_gone(ConnectionId("a1"), clock())
    tickets = Tickets(DynamoTable(call, app.settings.tickets_table))
    await tickets.put(TicketGrant.issue(Ticket("t"), ALICE, 9, clock()))
    await tickets.redeem(Ticket("t"), clock())
