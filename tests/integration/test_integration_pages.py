"""Pages that are followed, and batches and transactions that are completed."""

from contextlib import nullcontext
from typing import Any

import pytest

from app.application import App
from app.catalogue import CONNECTIONS, DEVICES, USERS
from app.errors import ConditionFailedError, ThrottledError, UnavailableError
from app.models.connections import Page
from app.models.ids import ConnectionId
from app.models.times import epoch_s
from app.stores.connections import Connections
from app.stores.devices import Devices
from app.stores.dynamo import DynamoTable, encode
from app.stores.users import Users
from tests.integration.recorder import Recorder, recorder, scripted
from tests.integration.rows import ALICE, BOB, device, user
from tests.integration.site import Clock, Site

PADDING = "x" * 300_000  # four of these are more than the 1 MB of one page


async def test_a_scan_follows_its_pages(app: App, site: Site, clock: Clock) -> None:
    for number in range(5):
        row = {"connectionId": f"c{number}", "userId": "alice", "expiresAt": epoch_s(clock()) + 1}
        site.insert(CONNECTIONS, **row, padding=PADDING)
    pages = await _pages(Connections(app.table(app.settings.connections_table)), clock)
    assert {name for page in pages for name in page.live} == {f"c{number}" for number in range(5)}
    assert len(pages) > 1


async def test_a_page_of_a_segment_is_at_most_as_large_as_asked_for(app: App, site: Site) -> None:
    for number in range(5):
        site.insert(CONNECTIONS, connectionId=f"c{number}", userId="alice", expiresAt=1)
    table = app.connections.table
    pages = [(len(items), last) async for items, last in table.segment(0, 1, 2, None, "connectionId")]
    assert [count for count, _ in pages] == [2, 2, 1]
    assert pages[-1][1] is None


async def test_a_page_of_a_segment_holds_what_was_asked_for_and_no_more(app: App, site: Site) -> None:
    site.insert(CONNECTIONS, connectionId="c1", userId="alice", expiresAt=7, timestamp="t")
    [(items, _)] = [page async for page in app.connections.table.segment(0, 1, 9, None, "connectionId, expiresAt")]
    assert items == [{"connectionId": {"S": "c1"}, "expiresAt": {"N": "7"}}]


async def test_a_segment_asks_for_2000_connections_at_a_time(clock: Clock) -> None:
    call = scripted({"Items": []})
    await _pages(Connections(DynamoTable(call, "T")), clock)
    [(_, parameters)] = call.calls
    assert parameters == {
        "TableName": "T",
        "Segment": 0,
        "TotalSegments": 1,
        "Limit": 2_000,
        "ProjectionExpression": "connectionId, expiresAt",
    }


async def test_a_query_follows_its_pages(app: App, site: Site, clock: Clock) -> None:
    for number in range(5):
        registered = device(ALICE, clock(), f"t{number}").to_item()
        site.insert(DEVICES, **registered, padding=PADDING)
    call = recorder(app)
    assert len(await Devices(DynamoTable(call, app.settings.devices_table)).of(ALICE)) == 5
    assert call.count("query") > 1


async def test_a_page_without_items_is_not_the_end(clock: Clock) -> None:
    last = encode({"connectionId": "c1"})
    call = scripted(
        {"Items": [], "LastEvaluatedKey": last}, {"Items": [encode({"connectionId": "c2", "expiresAt": 1})]}
    )
    pages = await _pages(Connections(DynamoTable(call, "T")), clock)
    assert pages == [Page(live=[], expired=[], cursor=ConnectionId("c1")), Page(live=[], expired=[ConnectionId("c2")])]
    assert [parameters.get("ExclusiveStartKey") for _, parameters in call.calls] == [None, last]


async def test_a_reader_who_stops_early_asks_for_no_further_page(clock: Clock) -> None:
    call = scripted({"Items": [], "LastEvaluatedKey": encode({"connectionId": "c1"})})
    pages = Connections(DynamoTable(call, "T")).segment(0, 1, None, clock)
    assert (await anext(pages)).cursor == "c1"
    assert call.count("scan") == 1


async def test_what_a_batch_did_not_delete_is_deleted_by_the_next_request() -> None:
    rest = {"T": [{"DeleteRequest": {"Key": encode({"connectionId": "c2"})}}]}
    call = scripted({"UnprocessedItems": rest}, {"UnprocessedItems": {}})
    await DynamoTable(call, "T").delete_many([{"connectionId": "c1"}, {"connectionId": "c2"}])
    assert [parameters["RequestItems"] for _, parameters in call.calls][1:] == [rest]


async def test_a_batch_that_is_never_deleted_is_unavailable() -> None:
    rest = {"T": [{"DeleteRequest": {"Key": encode({"connectionId": "c1"})}}]}
    call = scripted(*[{"UnprocessedItems": rest}] * 9)
    with pytest.raises(UnavailableError):
        await DynamoTable(call, "T").delete_many([{"connectionId": "c1"}])
    assert len(call.calls) == 4


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (25, [25]), (26, [25, 1]), (60, [25, 25, 10])])
async def test_25_are_deleted_in_one_request(count: int, sizes: list[int]) -> None:
    call = scripted(*[{"UnprocessedItems": {}}] * 3)
    await DynamoTable(call, "T").delete_many([{"connectionId": f"c{number}"} for number in range(count)])
    assert [len(parameters["RequestItems"]["T"]) for _, parameters in call.calls] == sizes


@pytest.mark.parametrize(("throttled", "written"), [(0, True), (1, True), (2, True), (3, False)])
async def test_a_throttled_transaction_is_tried_three_times_under_one_token(throttled: int, written: bool) -> None:
    outcomes = iter([False] * throttled + [True])

    async def call(_: str, **__: Any) -> dict[str, Any]:
        if not next(outcomes):
            raise ThrottledError
        return {}

    recorded = Recorder(call)
    with nullcontext() if written else pytest.raises(ThrottledError):
        await DynamoTable(recorded, "T").write([{"Put": {}}])
    assert len(recorded.calls) == min(throttled + 1, 3)
    assert len({parameters["ClientRequestToken"] for _, parameters in recorded.calls}) == 1


async def test_a_transaction_writes_all_or_nothing(app: App, site: Site) -> None:
    table = app.users.table
    await table.put({"userId": "bob"})
    puts = [table.put_action({"userId": name}, "attribute_not_exists(userId)") for name in ("alice", "bob")]
    with pytest.raises(ConditionFailedError):
        await table.write(puts)
    assert [row["userId"] for row in site.rows(USERS)] == ["bob"]
    await table.write(puts[:1])
    assert sorted(row["userId"] for row in site.rows(USERS)) == ["alice", "bob"]


async def test_a_set_of_names_survives_the_round_trip(app: App) -> None:
    table = app.users.table
    await table.put({"userId": "alice", "parts": {"0", "12"}})
    item = await table.update({"userId": "alice"}, "DELETE parts :gone", "contains(parts, :one)", gone={"0"}, one="0")
    assert item == await table.get({"userId": "alice"}) == {"userId": "alice", "parts": {"12"}}


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


async def _pages(store: Connections, clock: Clock) -> list[Page]:
    return [page async for page in store.segment(0, 1, None, clock)]
