"""The longest gap that is tested: a client that was away for two months misses nothing."""

from datetime import timedelta

import pytest

from app.models.ids import UserId
from tests.inbox.doing import arrived, listed, opened, sent
from tests.inbox.stage import Site

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAYS = 60
MESSAGES, ANNOUNCEMENTS = 1_050, 150


async def test_a_client_that_was_away_for_two_months_misses_none_of_1200_messages(
    site: Site, ann: UserId, bob: UserId
) -> None:
    first = await sent(site, ann, bob)
    client = await opened(site, bob)
    await client.sync(site)
    assert client.connection
    site.drop(client.connection)
    missed = await _two_months(site, ann, bob)

    await client.connect(site)
    news = []
    for pages in (1, 4, 1_000):  # and somebody goes on sending
        await client.sync(site, pages=pages)
        site.clock.advance(seconds=1)
        news.append(await sent(site, ann, bob))
    client.listen(site)
    newcomer = await opened(site, bob)
    await newcomer.sync(site)

    assert set(client.known) == set(newcomer.known) == {first, *missed, *news}
    assert await _all_pages(site, bob) == set(client.known)
    assert client.unread == len(missed) + 3


async def test_all_of_many_are_marked_at_once_and_every_device_is_told(site: Site, ann: UserId, bob: UserId) -> None:
    told = await arrived(site, ann, [site.clock()] * 300, bob)
    client = await opened(site, bob)
    await client.sync(site)
    assert client.known == dict.fromkeys(told, False)

    assert (await site.http(bob, "PUT /notifications/read")).status == 204

    client.listen(site)
    assert client.known == dict.fromkeys(told, True)
    assert await listed(site, bob, unread="") == []


async def _two_months(site: Site, ann: UserId, bob: UserId) -> list[str]:
    """Lets two months pass in which much is sent, now and then several messages in one moment."""
    begin, span = site.clock(), timedelta(days=DAYS)
    moments = [begin + span * (number // 3 * 3) / MESSAGES for number in range(1, MESSAGES + 1)]
    own = await arrived(site, ann, moments, bob)
    shared = await arrived(site, ann, [begin + span * number / ANNOUNCEMENTS for number in range(1, ANNOUNCEMENTS + 1)])
    site.clock.advance(days=DAYS)
    return [*own, *shared]


async def _all_pages(site: Site, person: str) -> set[str]:
    found = list[str]()
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": "100", **({"cursor": cursor} if cursor else {})}
        page = (await site.http(person, "GET /notifications", query=query)).body
        found += [item["notificationId"] for item in page["items"]]
        cursor = page["cursor"]
    assert len(found) == len(set(found))
    return set(found)
