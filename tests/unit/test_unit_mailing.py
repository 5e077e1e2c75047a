from dataclasses import replace

import pytest

from app.catalogue import CONNECTIONS, USERS
from app.models.ids import UserId, notification_id
from app.settings import Settings
from tests.unit.aws import down
from tests.unit.delivering import MESSAGE, Site, connection, names, work_of
from tests.unit.mailing import mail, mailed, receive, settle
from tests.unit.people import BOB, CLEO
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


NOTIFICATION = notification_id(MESSAGE)
READ, SHOWN, READ_ALL = "read", "shown", "read all"


async def mark(site: Site, reader: str, how: str) -> None:
    """Lets somebody read the message, or all there is, or has their device say that it was shown."""
    marking, notification = site.app.marking, NOTIFICATION
    if how == READ:
        await marking.notification_read(UserId(reader), notification)
    elif how == SHOWN:
        await marking.acknowledge(UserId(reader), [notification])
    else:
        async for _ in marking.all_read(UserId(reader), None, float("inf")):
            pass


@pytest.mark.parametrize("how", [READ, SHOWN, READ_ALL])
@pytest.mark.parametrize("recipients", [(BOB, CLEO), ()])
async def test_whoever_has_seen_it_gets_none(site: Site, how: str, recipients: tuple[str, ...]) -> None:
    settle(site, BOB, CLEO)
    await site.accept(work_of(*recipients))
    site.clock.advance(seconds=90)
    await mark(site, BOB, how)
    audience = None if recipients else "everyone"
    await mail(site, told(BOB, CLEO, audience=audience, notificationId=NOTIFICATION))
    assert mailed(site.aws) == [CLEO]


async def test_whoever_read_everything_before_it_came_gets_one(site: Site) -> None:
    settle(site, BOB)
    await mark(site, BOB, READ_ALL)
    site.clock.advance(seconds=1)
    await site.accept(work_of())
    await mail(site, told(BOB, audience="everyone"))
    assert mailed(site.aws) == [BOB]


async def test_fifty_people_are_looked_up(site: Site) -> None:
    settle(site, *names(50))
    await mail(site, told(*names(50)))
    assert mailed(site.aws) == names(50)


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
