"""Each connection has a new ticket, and somebody who is signed out learns it."""

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from laptop import endpoints
from laptop.door import Door
from laptop.endpoints import Endpoints, Person
from laptop.errors import LaptopError, SignedOutError
from laptop.places import Places
from tests.unit.laptop.backend import Backend


class House:
    """A stack with a door: who signs in gets a numbered token."""

    def __init__(self, places: Places, backend: Backend) -> None:
        self.places, self.backend = places, backend
        self.clients: list[str] = []

    async def sign_in(self, request: web.Request) -> web.Response:
        self.clients.append((await request.json())["ClientId"])
        return web.json_response({"AuthenticationResult": {"AccessToken": f"token-{len(self.clients)}"}})

    def is_at(self, base: str, client: str = "client") -> Endpoints:
        bob = Person("Bob", "bob@example.com", "secret", f"bob-of-{client}", False, "")
        found = Endpoints(base, f"{base}/socket", "", f"{base}/", "", client, {}, {}, {}, (bob,))
        endpoints.write(found, self.places.endpoints)
        return found


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(Places(tmp_path, apart=tmp_path), Backend())
    app = web.Application()
    app.router.add_post("/", house.sign_in)
    app.router.add_post("/tickets", house.backend.ticket)
    app.router.add_get("/socket", house.backend.connect)
    async with TestServer(app) as server:
        house.is_at(str(server.make_url("")).rstrip("/"))
        yield house


@pytest.fixture
async def door(house: House) -> AsyncIterator[Door]:
    async with aiohttp.ClientSession() as session:
        yield await Door.open(session, house.places, "bob")


async def test_each_connection_has_a_ticket_of_its_own(house: House, door: Door) -> None:
    for _ in range(2):
        async with await door.connect():
            pass
    assert house.backend.tickets == ["ticket-0", "ticket-1"]
    assert house.clients == ["client"]


async def test_a_token_that_has_ended_is_no_reason_to_try_again(house: House, door: Door) -> None:
    house.backend.refusals = [401]
    with pytest.raises(SignedOutError, match=r"^The sign-in has ended \(Refused\)\. Sign in again with: make chat$"):
        await door.connect()


@pytest.mark.parametrize("status", [403, 500, 503])
async def test_a_ticket_that_is_refused_otherwise_is(house: House, door: Door, status: int) -> None:
    house.backend.refusals = [status]
    with pytest.raises(LaptopError) as caught:
        await door.connect()
    assert not isinstance(caught.value, SignedOutError)


async def test_a_handshake_that_is_refused_is_said_without_the_ticket(house: House, door: Door) -> None:
    endpoints.write(
        dataclasses.replace(door.endpoints, websocket=f"{door.endpoints.http}/nowhere"), house.places.endpoints
    )
    with pytest.raises(LaptopError, match=r"^The WebSocket did not open: WSServerHandshakeError$"):
        await door.connect()


async def test_a_stack_that_is_gone_may_come_back(house: House, door: Door) -> None:
    house.places.endpoints.unlink()
    with pytest.raises(LaptopError, match="not running"):
        await door.connect()


async def test_another_stack_is_signed_in_to_anew(house: House, door: Door) -> None:
    house.is_at(door.endpoints.http, client="another")
    async with await door.connect():
        pass
    assert house.clients == ["client", "another"]
    assert (door.me.userId, door.api.token) == ("bob-of-another", "token-2")
