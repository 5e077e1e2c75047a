import pytest

from app.catalogue import DELIVERIES_QUEUE, USERS
from app.errors import UnavailableError
from app.models.ids import MessageId, NotificationId, UserId
from app.models.told import Told
from app.outreach.everyone import PEOPLE, Spreader
from tests.unit.aws import down
from tests.unit.delivering import Site
from tests.unit.people import ADA, NOW_ISO, person

TOLD = Told(
    notification_id=NotificationId("n1"),
    type="announcement",
    message_id=MessageId("m1"),
    sender_id=UserId(ADA),
    title="Title",
    content="Content",
    priority="normal",
    created_at=NOW_ISO,
    audience="everyone",
    recipient_ids=[],
)


def settle(site: Site, *people: str) -> None:
    site.tables.clear(USERS)
    site.tables.plant(USERS, *(person(name) for name in people))


def spreader(site: Site) -> Spreader:
    return Spreader(site.app.users, site.app.queue(DELIVERIES_QUEUE))


def sent(site: Site) -> list[Told]:
    batches = [entry["MessageBody"] for call in site.aws.named("send_message_batch") for entry in call["Entries"]]
    return [Told.from_body(body) for body in batches]


async def test_everyone_gets_a_place_in_exactly_one_message(site: Site) -> None:
    people = [f"user-{number:03}" for number in range(2 * PEOPLE + 1)]
    settle(site, *people)
    await spreader(site).spread(TOLD)
    assert [name for told in sent(site) for name in told.recipient_ids] == people
    assert [len(told.recipient_ids) for told in sent(site)] == [PEOPLE, PEOPLE, 1]
    assert site.aws.named("send_message") == []


async def test_a_message_to_some_tells_the_same(site: Site) -> None:
    settle(site, "user-1")
    await spreader(site).spread(TOLD)
    assert sent(site) == [TOLD.model_copy(update={"recipient_ids": ["user-1"]})]
    assert not sent(site)[0].to_everyone


async def test_after_a_page_comes_the_rest(site: Site) -> None:
    site.tables.most_in_page = 2
    settle(site, *(f"user-{number}" for number in range(5)))
    await spreader(site).spread(TOLD.model_copy(update={"after": UserId("user-1")}))
    assert [told.recipient_ids for told in sent(site)] == [["user-2", "user-3"]]
    [rest] = site.aws.named("send_message")
    assert Told.from_body(rest["MessageBody"]) == TOLD.model_copy(update={"after": "user-3"})


async def test_nothing_is_given_up_while_some_are_not_on_the_queue(site: Site) -> None:
    site.tables.most_in_page = 1
    settle(site, "user-1", "user-2")
    site.aws.on("send_message_batch", down())
    with pytest.raises(UnavailableError):
        await spreader(site).spread(TOLD)
    assert site.aws.named("send_message") == []
