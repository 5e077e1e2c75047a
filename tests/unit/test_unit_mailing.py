from dataclasses import replace
from typing import Any

import pytest

from app.catalogue import CONNECTIONS, NOTIFICATIONS, USERS
from app.settings import Settings
from tests.unit.aws import down
from tests.unit.delivering import Site, connection, names
from tests.unit.mailing import mail, mailed, receive, settle
from tests.unit.people import BOB, CLEO, NOW_ISO
from tests.unit.telling import told

QUIET = {"start": "17:00", "end": "19:00", "timeZone": "UTC"}  # it is 18:00


async def test_whoever_was_not_reached_gets_one_mail(site: Site) -> None:
    settle(site, BOB, CLEO)
    await mail(site, told(BOB, CLEO))
    assert mailed(site.aws) == sorted([BOB, CLEO])


async def test_whoever_has_a_connection_gets_none(site: Site) -> None:
    settle(site, BOB, CLEO)
    site.tables.plant(CONNECTIONS, connection("c1", owner=BOB))
    await mail(site, told(BOB, CLEO))
    assert mailed(site.aws) == [CLEO]


async def test_a_connection_whose_token_has_ended_reaches_nobody(site: Site) -> None:
    settle(site, BOB)
    site.tables.plant(CONNECTIONS, connection("c1", owner=BOB, expires_in_s=0))
    await mail(site, told(BOB))
    assert mailed(site.aws) == [BOB]


async def test_whoever_keeps_messages_off_connections_is_not_reached_by_one(site: Site) -> None:
    settle(site, BOB, realtime=False)
    site.tables.plant(CONNECTIONS, connection("c1", owner=BOB))
    await mail(site, told(BOB))
    assert mailed(site.aws) == [BOB]


async def test_an_announcement_reaches_every_connection(site: Site) -> None:
    settle(site, BOB, realtime=False)
    site.tables.plant(CONNECTIONS, connection("c1", owner=BOB))
    await mail(site, told(BOB, type="announcement", audience="everyone"))
    assert mailed(site.aws) == []


@pytest.mark.parametrize("mark", [{"read": True}, {"read": False, "seenAt": NOW_ISO}])
@pytest.mark.parametrize("audience", [None, "everyone"])
async def test_whoever_has_seen_it_gets_none(site: Site, mark: dict[str, Any], audience: str | None) -> None:
    settle(site, BOB, CLEO)
    names = [f"n1#{name}" if audience else "n1" for name in (BOB, CLEO)]
    seen, unseen = ({"notificationId": name, "userId": user} for name, user in zip(names, (BOB, CLEO), strict=True))
    site.tables.plant(NOTIFICATIONS, {**seen, **mark}, {**unseen, "read": False})
    await mail(site, told(BOB, CLEO, audience=audience))
    assert mailed(site.aws) == [CLEO]


@pytest.mark.parametrize(("read_up_to", "gets"), [(NOW_ISO, []), ("2026-11-22T17:59:59.999Z", [BOB])])
async def test_whoever_has_read_everything_until_then_gets_none(site: Site, read_up_to: str, gets: list[str]) -> None:
    settle(site, BOB)
    site.tables.plant(NOTIFICATIONS, {"notificationId": f"*#{BOB}", "userId": BOB, "readUpTo": read_up_to})
    await mail(site, told(BOB, type="announcement", audience="everyone"))
    assert mailed(site.aws) == gets


async def test_whoever_has_read_what_is_for_everyone_gets_what_is_theirs(site: Site) -> None:
    settle(site, BOB)
    site.tables.plant(NOTIFICATIONS, {"notificationId": f"*#{BOB}", "userId": BOB, "readUpTo": NOW_ISO})
    await mail(site, told(BOB))
    assert mailed(site.aws) == [BOB]


async def test_whoever_wants_no_mail_gets_none_however_critical_it_is(site: Site) -> None:
    settle(site, BOB, email=False)
    await mail(site, told(BOB, priority="critical"))
    assert mailed(site.aws) == []


@pytest.mark.parametrize(("priority", "gets"), [("normal", []), ("critical", [BOB])])
async def test_only_what_is_critical_passes_quiet_hours(site: Site, priority: str, gets: list[str]) -> None:
    settle(site, BOB, quiet_hours=QUIET)
    await mail(site, told(BOB, priority=priority))
    assert mailed(site.aws) == gets


async def test_whoever_has_left_gets_none(site: Site) -> None:
    await mail(site, told("nobody"))
    assert mailed(site.aws) == []


async def test_what_the_queue_brings_is_mailed(site: Site) -> None:
    settle(site, BOB)
    assert await receive(site, told(BOB))
    assert mailed(site.aws) == [BOB]


async def test_an_announcement_to_everyone_is_spread_over_the_queue_first(site: Site) -> None:
    site.tables.clear(USERS)
    settle(site, *names(2))
    assert await receive(site, told(type="announcement", audience="everyone"))
    assert mailed(site.aws) == []
    (batch,) = site.aws.named("send_message_batch")
    assert batch["QueueUrl"] == "email_queue"
    (entry,) = batch["Entries"]
    assert await receive(site, entry["MessageBody"])
    assert mailed(site.aws) == names(2)


async def test_a_failure_has_the_queue_bring_it_again(site: Site) -> None:
    settle(site, BOB)
    site.aws.on("send_email", down())
    assert not await receive(site, told(BOB))
    (hidden,) = site.aws.named("change_message_visibility")
    assert hidden["QueueUrl"] == "email_queue"


async def test_what_cannot_be_read_ends_with_the_dead_letters(site: Site) -> None:
    assert not await receive(site, "{}")


async def test_where_no_mail_is_sent_nothing_is_asked_and_nothing_fails(settings: Settings) -> None:
    site = Site(replace(settings, email_sender=""))
    settle(site, BOB)
    assert await receive(site, told(BOB))
    assert site.aws.calls == []
