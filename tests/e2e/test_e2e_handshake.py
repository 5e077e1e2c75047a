"""The way to a WebSocket: a ticket, good for one connection and half a minute."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from tests.e2e.aws import Aws
from tests.e2e.client import Person, Site, Socket


async def _refused(site: Site, **query: str) -> int:
    """Returns the status by which a handshake is refused."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await site.open(**query)
    return refusal.value.status


async def test_a_ticket_lasts_thirty_seconds(alice: Person) -> None:
    asked = datetime.now(UTC)

    answer = (await alice.call("POST", "/tickets")).json()

    left = datetime.fromisoformat(answer["expiresAt"]) - asked
    assert timedelta(seconds=28) < left < timedelta(seconds=45)
    assert set(answer) == {"ticket", "expiresAt"}


async def test_an_empty_object_is_a_body_for_a_ticket_and_anything_else_is_not(alice: Person) -> None:
    answers = [await alice.call("POST", "/tickets", json=body) for body in ({}, {"userId": "bob"})]

    assert [answer.status for answer in answers] == [201, 422]


@pytest.mark.parametrize("query", [{}, {"ticket": ""}, {"token": "x"}])
async def test_without_a_ticket_the_handshake_is_unauthorized(site: Site, query: dict[str, str]) -> None:
    assert await _refused(site, **query) == 401


@pytest.mark.parametrize("ticket", ["invented", "x" * 3000, "ü" * 43])
async def test_an_invented_ticket_is_forbidden(site: Site, ticket: str) -> None:
    assert await _refused(site, ticket=ticket) == 403


async def test_an_access_token_is_no_ticket(site: Site, alice: Person) -> None:
    assert await _refused(site, ticket=alice.token) == 403


async def test_a_ticket_opens_one_websocket_only(site: Site, alice: Person) -> None:
    ticket = await alice.ticket()
    await site.open(ticket=ticket)

    assert await _refused(site, ticket=ticket) == 403


async def test_a_ticket_that_many_use_at_once_opens_one_websocket(site: Site, alice: Person, aws: Aws) -> None:
    ticket = await alice.ticket()

    opened = await asyncio.gather(*(site.open(ticket=ticket) for _ in range(4)), return_exceptions=True)

    assert sum(isinstance(each, Socket) for each in opened) == 1
    assert len(aws.rows("Connections", userId=alice.user_id)) == 1


async def test_a_ticket_that_has_ended_opens_nothing(site: Site, alice: Person, aws: Aws) -> None:
    ticket = await alice.ticket()
    [row] = aws.rows("Tickets", ticket=ticket)
    aws.change("Tickets", row, expiresAt=int(time.time()) - 1)

    assert await _refused(site, ticket=ticket) == 403


async def test_a_ticket_whose_token_has_ended_opens_nothing(site: Site, alice: Person, aws: Aws) -> None:
    ticket = await alice.ticket()
    [row] = aws.rows("Tickets", ticket=ticket)
    aws.change("Tickets", row, tokenExpiresAt=int(time.time()) - 1)

    with pytest.raises(aiohttp.WSServerHandshakeError):
        await site.open(ticket=ticket)
    assert aws.rows("Connections", userId=alice.user_id) == []
