"""Pushes: to whom, once, and what becomes of those that fail."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.application import App
from app.catalogue import DELIVERIES, PUSH_QUEUE, USERS
from app.handlers import push
from app.models.ids import device_id, notification_id
from app.models.told import Told
from app.stores.claims import LEASE
from tests.unit.aws import down, hang, refusal
from tests.unit.delivering import MESSAGE, names
from tests.unit.people import ADA, BOB, CLEO, person
from tests.unit.registering import APNS, Phones
from tests.unit.telling import told
from tests.unit.test_unit_batch import hand, hidden, record

NIGHT = {"start": "18:00", "end": "07:00", "timeZone": "UTC"}
DENIED = refusal("AuthorizationError", 403)


async def tell(phones: Phones, *to: str, receives: int = 1, ms: int = 30_000, **message: Any) -> bool:
    """Hands a message to the function, to Bob unless it says to whom; returns whether it was done with it."""
    body = told(*(to or [BOB]), **message).to_body()
    return await hand(push.push, phones.app, record(body=body, receives=receives), ms=ms) == []


def tag(message: dict[str, Any]) -> str:
    """Returns what makes two pushes one on an Android phone."""
    android = json.loads(json.loads(message["Message"])["GCM"])["fcmV1Message"]["message"]["android"]
    return str(android["notification"]["tag"])


def prefer(phones: Phones, user_id: str, **settings: Any) -> None:
    row = person(user_id)
    channels = {**row["settings"]["channels"], **settings.pop("channels", {})}
    phones.site.tables.plant(USERS, {**row, "settings": {"channels": channels, **settings}})


def claims(phones: Phones) -> list[str]:
    return [row["messageId"] for row in phones.site.tables.rows(DELIVERIES) if "#push#" in row["messageId"]]


@pytest.fixture(autouse=True)
async def bobs_phone(phones: Phones) -> None:
    await phones.register("bobs", who=BOB)


async def test_every_device_of_a_recipient_gets_one_push(phones: Phones) -> None:
    await phones.register(APNS, platform="apns", who=BOB)
    await phones.register("adas")
    assert await tell(phones)
    assert sorted(phones.endpoints.reached()) == sorted([APNS, "bobs"])
    (kinds,) = [{*json.loads(message["Message"])} for arn, message in phones.endpoints.sent if "APNS" in arn]
    assert kinds == {"default", "APNS"}


async def test_a_push_is_in_the_form_that_its_push_service_reads(phones: Phones) -> None:
    await tell(phones)
    [(_, message)] = phones.endpoints.sent
    assert message.keys() == {"MessageStructure", "Message", "MessageAttributes"}
    assert message["MessageStructure"] == "json"
    assert "fcmV1Message" in json.loads(json.loads(message["Message"])["GCM"])


async def test_every_recipient_gets_one(phones: Phones) -> None:
    people = names(50)
    phones.site.join(*people)
    for name in people:
        await phones.register(f"of-{name}", who=name)
    assert await tell(phones, *people)
    assert sorted(phones.endpoints.reached()) == [f"of-{name}" for name in people]


async def test_who_has_no_device_costs_nothing(phones: Phones) -> None:
    assert await tell(phones, ADA)
    assert (phones.endpoints.sent, claims(phones)) == ([], [])


async def test_where_no_platform_is_set_up_nothing_is_even_read(phones: Phones) -> None:
    settings = replace(phones.app.settings, fcm_application="", apns_application="")
    phones.app = App(settings, phones.app.clients, phones.site.clock)
    phones.site.aws.calls.clear()
    assert await tell(phones)
    assert phones.site.aws.calls == []


async def test_who_was_erased_gets_nothing(phones: Phones) -> None:
    phones.site.leave(BOB)
    assert await tell(phones)
    assert phones.endpoints.sent == []


@pytest.mark.parametrize("priority", ["normal", "critical"])
async def test_who_wants_no_pushes_gets_none(phones: Phones, priority: str) -> None:
    prefer(phones, BOB, channels={"push": False})
    assert await tell(phones, priority=priority)
    assert phones.endpoints.sent == []


@pytest.mark.parametrize(("priority", "reached"), [("normal", []), ("critical", ["bobs"])])
async def test_quiet_hours_let_only_through_what_is_critical(phones: Phones, priority: str, reached: list[str]) -> None:
    prefer(phones, BOB, quietHours=NIGHT)
    assert await tell(phones, priority=priority)
    assert phones.endpoints.reached() == reached


async def test_what_comes_twice_is_pushed_once(phones: Phones) -> None:
    assert await tell(phones)
    assert await tell(phones, receives=2)
    assert phones.endpoints.reached() == ["bobs"]


async def test_two_messages_are_two_pushes(phones: Phones) -> None:
    assert await tell(phones)
    assert await tell(phones, messageId="m2")
    assert phones.endpoints.reached() == ["bobs", "bobs"]


async def test_a_message_comes_again_while_another_run_is_at_a_device(phones: Phones) -> None:
    await phones.site.app.pusher.claims.take(MESSAGE, f"push#{device_id('fcm', 'bobs')}", phones.site.clock())
    assert not await tell(phones)
    assert phones.endpoints.sent == []
    phones.site.clock.moment += LEASE
    assert await tell(phones, receives=2)
    assert phones.endpoints.reached() == ["bobs"]


def disable(phones: Phones) -> None:
    phones.endpoints.disable("bobs")


def delete(phones: Phones) -> None:
    phones.endpoints.held.clear()


def not_found(phones: Phones) -> None:
    phones.site.aws.on("publish", refusal("NotFound", 404))


@pytest.mark.parametrize("end", [disable, delete, not_found])
async def test_a_device_that_takes_no_more_is_removed_and_that_is_no_error(
    phones: Phones, end: Callable[[Phones], None]
) -> None:
    end(phones)
    assert await tell(phones)
    assert (phones.rows(), phones.endpoints.held, claims(phones)) == ([], {}, [])


async def test_a_device_whose_removal_fails_is_tried_again(phones: Phones) -> None:
    disable(phones)
    works = phones.site.aws.replies["delete_endpoint"]
    phones.site.aws.on("delete_endpoint", down())
    assert not await tell(phones)
    phones.site.aws.on("delete_endpoint", *works)
    assert await tell(phones, receives=2)
    assert (phones.rows(), phones.endpoints.held) == ([], {})


@pytest.mark.parametrize(
    "error",
    [
        down(),
        DENIED,
        refusal("PlatformApplicationDisabled"),
        refusal("Throttled", 429),
        refusal("InvalidParameter", text="Invalid parameter: Message too long"),
    ],
    ids=lambda error: error.response["Error"]["Code"],
)
async def test_what_sns_does_not_take_comes_again_and_costs_nobody_a_device(phones: Phones, error: Exception) -> None:
    works = phones.site.aws.replies["publish"]
    phones.site.aws.on("publish", error)
    assert not await tell(phones)
    assert hidden(phones.site.aws) == [("receipt-a", 10)]
    assert phones.owners("bobs") == [BOB]
    phones.site.aws.on("publish", *works)
    assert await tell(phones, receives=2)
    assert phones.endpoints.reached() == ["bobs"]


async def test_a_failure_at_one_device_stops_no_other_and_is_all_that_is_repeated(phones: Phones) -> None:
    phones.site.join(CLEO)
    for who in (ADA, CLEO):
        await phones.register(f"of-{who}", who=who)
    works = phones.site.aws.replies["publish"]
    phones.site.aws.on("publish", down(), *works)
    assert not await tell(phones, BOB, ADA, CLEO)
    assert phones.endpoints.reached() == [f"of-{ADA}", f"of-{CLEO}"]
    assert await tell(phones, BOB, ADA, CLEO, receives=2)
    assert sorted(phones.endpoints.reached()) == sorted(["bobs", f"of-{ADA}", f"of-{CLEO}"])


async def test_somebody_whose_devices_cannot_be_read_stops_nobody(phones: Phones) -> None:
    await phones.register("adas")
    works = phones.site.aws.replies["query"]
    phones.site.aws.on("query", down(), *works)
    assert not await tell(phones, ADA, BOB)
    assert phones.endpoints.reached() == ["bobs"]
    assert await tell(phones, ADA, BOB, receives=2)
    assert phones.endpoints.reached() == ["bobs", "adas"]


async def test_people_who_cannot_be_read_are_asked_for_again(phones: Phones) -> None:
    phones.site.aws.on("batch_get_item", down())
    assert not await tell(phones)
    assert phones.endpoints.sent == []


async def test_a_push_that_cannot_be_noted_is_not_sent_again_for_that(phones: Phones) -> None:
    works = phones.site.aws.replies["put_item"]
    phones.site.aws.on("put_item", *works, down())
    assert await tell(phones)
    assert phones.endpoints.reached() == ["bobs"]


async def test_a_crash_after_a_push_may_send_it_again_and_the_phone_shows_it_once(phones: Phones) -> None:
    works = phones.site.aws.replies["put_item"]
    phones.site.aws.on("put_item", *works, hang)
    assert not await tell(phones, ms=2_100)
    phones.site.aws.on("put_item", *works)
    assert not await tell(phones, receives=2)
    phones.site.clock.moment += LEASE
    assert await tell(phones, receives=3)
    tags = [tag(message) for _, message in phones.endpoints.sent]
    assert tags == [notification_id(MESSAGE)] * 2


async def test_an_announcement_is_spread_over_the_queue_first(phones: Phones) -> None:
    assert await tell(phones, type="announcement", audience="everyone", recipientIds=[])
    assert phones.endpoints.sent == []
    [batch] = phones.site.aws.named("send_message_batch")
    assert batch["QueueUrl"] == PUSH_QUEUE.variable.lower()
    [spread] = [Told.from_body(entry["MessageBody"]) for entry in batch["Entries"]]
    assert sorted(spread.recipient_ids) == sorted([ADA, BOB])
    assert await hand(push.push, phones.site.app, record(body=spread.to_body())) == []
    assert phones.endpoints.reached() == ["bobs"]


async def test_what_is_no_message_comes_again_and_ends_with_the_dead_letters(phones: Phones) -> None:
    assert await hand(push.push, phones.site.app, record(body='{"messageId":"m1"}')) == ["a"]


async def test_no_log_has_what_was_sent_or_where_to(phones: Phones, capsys: pytest.CaptureFixture[str]) -> None:
    await tell(phones, title="a secret title", content="a secret text")
    phones.site.aws.on("publish", refusal("Strange", text="a secret text for token bobs"))
    await tell(phones, messageId="m2", title="a secret title", content="a secret text")
    out = capsys.readouterr().out
    assert '"event":"pushed"' in out
    assert '"event":"message failed"' in out
    assert "secret" not in out
    assert "bobs" not in out
