"""Asks each function of the tour for something once, so that nobody's first request waits for a start."""

import asyncio
import contextlib

import aiohttp

from laptop.api import Api, RefusedError
from laptop.endpoints import Endpoints, Person


async def wake(session: aiohttp.ClientSession, endpoints: Endpoints) -> None:
    """Makes harmless requests as the first person; raises LaptopError when the stack does not work."""
    person = endpoints.people[0]
    api = Api(session, endpoints.http, person.accessToken)
    await asyncio.gather(_read(api, person), _send_nothing(api), _connect(session, endpoints, api))


async def _read(api: Api, person: Person) -> None:
    await api.call("GET", f"/users/{person.userId}")
    await api.call("GET", "/notifications?limit=1")


async def _send_nothing(api: Api) -> None:
    # Refused, but only after a look into the table: that opens what the first real message needs.
    with contextlib.suppress(RefusedError):
        await api.call("POST", "/messages", {"recipientIds": ["nobody"], "content": "-"})


async def _connect(session: aiohttp.ClientSession, endpoints: Endpoints, api: Api) -> None:
    ticket = (await api.call("POST", "/tickets"))["ticket"]
    async with session.ws_connect(endpoints.websocket, params={"ticket": ticket}):
        pass
