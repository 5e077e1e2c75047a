"""The terminal client misses nothing when its connection breaks, and sends once what was typed meanwhile."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest_asyncio

from laptop import endpoints
from tests.e2e import stack
from tests.e2e.aws import Aws, wait_until
from tests.e2e.client import Person, Site
from tests.e2e.people import PASSWORD
from tests.e2e.tour import Terminal, terminal
from tests.e2e.wire import Wire, wire

STEP_S = 60  # several functions may start first, on a busy machine


@dataclass(frozen=True, slots=True)
class Desk:
    """Bob's, with a terminal at the far end of a wire."""

    folder: Path
    wire: Wire

    @contextmanager
    def chat(self) -> Iterator[Terminal]:
        with terminal("make chat AS=bob", stack.ROOT, stack.environment(self.folder)) as opened:
            yield opened


@pytest_asyncio.fixture
async def desk(site: Site, alice: Person, bob: Person, tmp_path: Path) -> AsyncIterator[Desk]:
    people = tuple(_listed(name, person) for name, person in (("Alice", alice), ("Bob", bob)))
    direct = urlsplit(site.endpoints.http)
    assert direct.port is not None
    async with wire(direct.port) as (passing, port):
        near = {
            name: urlsplit(getattr(site.endpoints, name))._replace(netloc=f"127.0.0.1:{port}").geturl()
            for name in ("http", "websocket")
        }
        endpoints.write(dataclasses.replace(site.endpoints, people=people, **near), tmp_path / "endpoints.json")
        yield Desk(tmp_path, passing)


def _listed(name: str, person: Person) -> endpoints.Person:
    return endpoints.Person(name, person.email, PASSWORD, person.user_id, False, "")


async def _expect(screen: Terminal, text: str) -> str:
    return await asyncio.to_thread(screen.expect, text, STEP_S)


async def _received(person: Person) -> list[str]:
    """Returns what somebody was sent by name; what other tests have told everyone is left out."""
    items: list[dict[str, Any]] = (await person.call("GET", "/messages")).json()["items"]
    return [item["content"] for item in items if item["audience"] is None]


async def _unread(person: Person) -> int:
    return int((await person.call("GET", "/notifications?unread=true")).json()["unread"])


async def _until_none_is_unread(person: Person) -> None:
    async with asyncio.timeout(STEP_S):
        while await _unread(person):  # noqa: ASYNC110 - only the API can tell
            await asyncio.sleep(0.1)


async def test_what_a_broken_connection_missed_is_shown_once_and_in_order(
    desk: Desk, alice: Person, bob: Person
) -> None:
    with desk.chat() as screen:
        await _expect(screen, "nothing unread")
        await alice.send(bob, content="before")
        await _expect(screen, "Alice: before")
        desk.wire.cut()
        await _expect(screen, "connection lost, trying again\n")
        for number in range(5):
            await alice.send(bob, content=f"missed {number}")
        desk.wire.mend()
        assert await _expect(screen, "back; 5 missed\n") == ""
        await alice.send(bob, content="after")
        shown = await _expect(screen, "Alice: after")
    assert [line.partition(" ")[2] for line in shown.splitlines()[:-1]] == [f"Alice: missed {n}" for n in range(5)]
    await _until_none_is_unread(bob)


async def test_what_was_typed_while_nothing_answered_arrives_once_and_in_order(desk: Desk, alice: Person) -> None:
    with desk.chat() as screen:
        await _expect(screen, "nothing unread")
        screen.type("/to alice")
        await _expect(screen, "What you type goes to Alice")
        desk.wire.cut()
        for line in ("one", "two"):
            screen.type(line)
        await _expect(screen, "(not sent yet, trying again)")
        assert await _received(alice) == []
        desk.wire.mend()
        for _ in range(2):
            await _expect(screen, "(kept in the inbox)")
    assert await _received(alice) == ["two", "one"]


async def test_a_connection_that_was_ended_from_the_other_side_is_opened_again(
    desk: Desk, alice: Person, bob: Person, aws: Aws
) -> None:
    with desk.chat() as screen:
        await _expect(screen, "nothing unread")
        [row] = aws.rows("Connections", userId=bob.user_id)
        _end(alice.site, row["connectionId"])
        await _expect(screen, "connection lost, trying again\nback; nothing missed\n")
        await alice.send(bob, content="again")
        await _expect(screen, "Alice: again")


async def test_the_next_run_shows_the_history_and_what_is_unread(desk: Desk, alice: Person, bob: Person) -> None:
    await alice.send(bob, content="first")
    with desk.chat() as screen:
        shown = await _expect(screen, "1 unread\n")
        assert shown.endswith("Alice: first\n")
        await _until_none_is_unread(bob)
        await wait_until((desk.folder / "cursor-bob").exists, "the cursor is kept")
    await alice.send(bob, content="second")
    (desk.folder / "cursor-bob").write_text("of-another-stack")
    with desk.chat() as screen:
        shown = await _expect(screen, "1 unread\n")
        assert [line.partition(" ")[2] for line in shown.splitlines()[-2:]] == ["Alice: first", "Alice: second"]
        await alice.send(bob, content="third")
        assert (await _expect(screen, "Alice: third")).count("\n") == 0
        # While it runs: what was just sent may be shown before the answer to its sync is there.
        kept = desk.folder / "cursor-bob"
        await wait_until(lambda: kept.read_text() != "of-another-stack", "a cursor that is taken", 60)


def _end(site: Site, connection_id: str) -> None:
    """Ends a connection by the management API."""
    address = site.endpoints.websocket.replace("ws://", "http://")
    session = boto3.Session("test", "test", region_name=site.endpoints.region)
    client = session.client("apigatewaymanagementapi", endpoint_url=address)
    client.delete_connection(ConnectionId=connection_id)
    client.close()
