"""The way in: a password becomes an access token, and that a ticket for one WebSocket."""

from dataclasses import dataclass

import aiohttp

from laptop import endpoints
from laptop.api import Api, sign_in
from laptop.endpoints import Endpoints, Person
from laptop.errors import LaptopError
from laptop.places import Places

CLOSE = aiohttp.ClientWSTimeout(ws_close=2.0)  # a dead peer answers no goodbye


@dataclass(slots=True)
class Door:
    """The stack and somebody who is signed in there; both change when another stack was started."""

    session: aiohttp.ClientSession
    places: Places
    name: str
    endpoints: Endpoints
    api: Api

    @classmethod
    async def open(cls, session: aiohttp.ClientSession, places: Places, name: str) -> "Door":
        """Signs in; raises LaptopError."""
        found = endpoints.read(places.endpoints)
        return cls(session, places, name, found, await _sign_in(session, found, name))

    @property
    def me(self) -> Person:
        return self.endpoints.person(self.name)

    async def connect(self) -> aiohttp.ClientWebSocketResponse:
        """Opens a WebSocket with a new ticket; raises LaptopError, and SignedOutError when the token has ended."""
        found = endpoints.read(self.places.endpoints)
        if found != self.endpoints:
            self.api = await _sign_in(self.session, found, self.name)
            self.endpoints = found
        ticket = (await self.api.call("POST", "/tickets"))["ticket"]
        try:
            return await self.session.ws_connect(found.websocket, params={"ticket": ticket}, timeout=CLOSE)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise LaptopError(f"The WebSocket did not open: {type(error).__name__}") from None


async def _sign_in(session: aiohttp.ClientSession, found: Endpoints, name: str) -> Api:
    me = found.person(name)
    token = await sign_in(session, found.aws, found.clientId, me.email, me.password)
    return Api(session, found.http, token)
