import asyncio
from typing import Any

import pytest

from app.catalogue import DELIVERIES, MESSAGES, NOTIFICATIONS, USERS, Table
from app.errors import UnavailableError
from app.models.ids import MessageId, UserId, notification_id
from app.models.work import Work, nameless
from app.stores.claims import Claims
from tests.unit.aws import down
from tests.unit.delivering import MESSAGE, Site, ids, names, work_of
from tests.unit.people import ADA, BOB, CLEO, NOW, Row

TITLE, NAMELESS = "Message from Ada Lovelace", "Message from a former member"


@pytest.fixture(autouse=True)
def people(site: Site) -> None:
    site.join(BOB, CLEO)


async def sent(site: Site, work: Work, *, delivered: bool = True) -> None:
    """Has Ada's message in every inbox."""
    accepted = await site.accept(work, "delivered" if delivered else "delivering")
    if work.large and delivered:
        for part in sorted(accepted.parts):
            await site.app.inbox.write(work, ids(work.recipients(part)), NOW)


async def erase(site: Site, user_id: str = ADA) -> None:
    assert await site.app.eraser.erase(UserId(user_id))


def titles(site: Site, table: Table) -> dict[str, str]:
    return {row["userId"]: row["title"] for row in site.tables.rows(table)}


def kept(site: Site) -> list[str]:
    """Returns the keys in the table Deliveries, without the id of the message."""
    return sorted(row["messageId"].removeprefix(MESSAGE) for row in site.tables.rows(DELIVERIES))


@pytest.mark.parametrize(
    ("title", "left"),
    [
        (TITLE, NAMELESS),
        ("Announcement by Ada Lovelace", "Announcement by a former member"),
        ("Lunch?", "Lunch?"),
        ("Message fromage", "Message fromage"),
        (NAMELESS, NAMELESS),
    ],
)
def test_a_title_that_we_made_says_no_name_any_more(title: str, left: str) -> None:
    assert nameless(title) == left


@pytest.mark.parametrize("people", [[BOB, CLEO], names(60)])
async def test_what_was_sent_stays_with_its_recipients_without_the_name(site: Site, people: list[str]) -> None:
    await sent(site, work_of(*people))
    await erase(site)
    assert titles(site, MESSAGES) == titles(site, NOTIFICATIONS) == dict.fromkeys(people, NAMELESS)
    assert {row["content"] for row in site.tables.rows(MESSAGES)} == {"hello"}


async def test_a_title_of_ones_own_belongs_to_the_recipients(site: Site) -> None:
    await sent(site, work_of(BOB, title="Lunch?"))
    await erase(site)
    assert titles(site, MESSAGES) == titles(site, NOTIFICATIONS) == {BOB: "Lunch?"}
    assert site.aws.named("update_item") == []


async def test_an_announcement_says_no_name_any_more(site: Site) -> None:
    await sent(site, work_of())
    await erase(site)
    assert titles(site, MESSAGES) == titles(site, NOTIFICATIONS) == {"*": "Announcement by a former member"}


@pytest.mark.parametrize("people", [[BOB], names(60), []])
async def test_a_delivery_that_has_ended_goes_with_its_sender(site: Site, people: list[str]) -> None:
    await sent(site, work_of(*people))
    await erase(site)
    assert kept(site) == []


async def test_a_delivery_that_is_under_way_is_finished_without_the_name(site: Site) -> None:
    people = names(60)
    site.join(*people)
    work = work_of(*people)
    await sent(site, work, delivered=False)
    await site.work_off("0-50")
    await erase(site)
    await site.work_off("50-100")
    assert titles(site, MESSAGES) == titles(site, NOTIFICATIONS) == dict.fromkeys(people, NAMELESS)
    assert site.delivery().state == "delivered"


async def test_deliveries_of_others_stay(site: Site) -> None:
    await sent(site, work_of(BOB, CLEO))
    await erase(site, BOB)
    assert kept(site) == [""]
    assert titles(site, MESSAGES) == {CLEO: TITLE}


async def test_a_recipient_who_leaves_meanwhile_gets_no_row_back(site: Site) -> None:
    async def leave_first(**call: Any) -> dict[str, Any]:
        site.tables.clear(MESSAGES)
        site.tables.clear(NOTIFICATIONS)
        return await site.tables.update(**call)

    await sent(site, work_of(BOB))
    site.aws.on("update_item", leave_first)
    await erase(site)
    assert (site.tables.rows(MESSAGES), site.tables.rows(NOTIFICATIONS)) == ([], [])


async def marked(site: Site, reader: str) -> None:
    """Has somebody read Ada's announcement, acknowledge it, and read everything."""
    notification = notification_id(MESSAGE)
    await site.app.marking.acknowledge(UserId(reader), [notification])
    await site.app.marking.message_read(UserId(reader), MESSAGE)
    site.clock.advance(seconds=90)
    async for _ in site.app.marking.all_read(UserId(reader), None, float("inf")):
        pass


def rows_of(site: Site, user_id: str) -> list[Row]:
    return [row for table in (MESSAGES, NOTIFICATIONS) for row in site.tables.rows(table) if row["userId"] == user_id]


async def test_an_inbox_is_emptied_with_all_that_was_marked_in_it(site: Site) -> None:
    await sent(site, work_of())
    await marked(site, BOB)
    await marked(site, CLEO)
    before = rows_of(site, CLEO)
    assert len(rows_of(site, BOB)) == len(before) == 3
    await erase(site, BOB)
    assert (rows_of(site, BOB), rows_of(site, CLEO)) == ([], before)


async def test_up_to_when_somebody_has_read_is_erased_where_nothing_was_announced(site: Site) -> None:
    async for _ in site.app.marking.all_read(UserId(BOB), None, float("inf")):
        pass
    assert len(rows_of(site, BOB)) == 1
    await erase(site, BOB)
    assert rows_of(site, BOB) == []


async def test_an_inbox_of_many_pages_is_emptied(site: Site) -> None:
    site.tables.most_in_page = 7
    for number in range(30):
        work = work_of(BOB).model_copy(update={"message_id": MessageId(f"{number:032x}")})
        await site.app.inbox.write(work, ids([BOB]), NOW)
    await erase(site, BOB)
    assert rows_of(site, BOB) == []


async def test_what_comes_until_the_profile_is_gone_is_erased_too(site: Site) -> None:
    async def receive_one(**_: Any) -> dict[str, Any]:
        await site.app.inbox.write(work_of(BOB), ids([BOB]), NOW)
        return {}

    site.aws.on("admin_delete_user", receive_one)
    await erase(site, BOB)
    assert rows_of(site, BOB) == []


@pytest.mark.parametrize("people", [[BOB], []])
async def test_the_claims_of_their_mails_go(site: Site, people: list[str]) -> None:
    claims: Claims = site.app.claims
    await sent(site, work_of(*people))
    for who in (BOB, CLEO):
        await claims.take(MESSAGE, f"mail#{who}", NOW)
    await erase(site, BOB)
    assert [key for key in kept(site) if "mail" in key] == [f"#mail#{CLEO}"]


async def test_what_is_too_much_for_one_run_is_gone_on_with_by_the_next(site: Site) -> None:
    await sent(site, work_of(*names(60)))
    site.aws.on("update_item", *[site.tables.update] * 50, down())
    with pytest.raises(UnavailableError):
        await site.app.eraser.erase(UserId(ADA))
    assert ADA in [row["userId"] for row in site.tables.rows(USERS)]
    site.aws.calls.clear()
    site.aws.on("update_item", site.tables.update)
    await erase(site)
    assert titles(site, MESSAGES) == titles(site, NOTIFICATIONS) == dict.fromkeys(names(60), NAMELESS)
    assert len(site.aws.named("update_item")) < 2 * 60


async def test_what_runs_out_of_time_leaves_nothing_running(site: Site) -> None:
    async def never(**_: Any) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    await sent(site, work_of(BOB))
    site.aws.on("update_item", never)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await site.app.eraser.erase(UserId(ADA))
    assert asyncio.all_tasks() == {asyncio.current_task()}
