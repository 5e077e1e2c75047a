import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.catalogue import CONNECTIONS, FUNCTIONS
from app.errors import ThrottledError, UnavailableError
from app.outreach.mailing import AT_ONCE
from app.stores.claims import LEASE
from tests.unit.aws import down, hang, refusal
from tests.unit.delivering import Site, connection, names
from tests.unit.mailing import failing, logged, mail, mailed, settle
from tests.unit.people import BOB, CLEO
from tests.unit.telling import told

REJECTED = refusal("MessageRejected", text="virus")


async def test_a_message_that_comes_twice_is_mailed_once(site: Site) -> None:
    settle(site, BOB)
    for _ in range(3):
        await mail(site, told(BOB))
    site.clock.advance(days=29)
    await mail(site, told(BOB))
    assert mailed(site.aws) == [BOB]


async def test_two_deliveries_at_once_send_one_mail_and_the_second_comes_again(site: Site) -> None:
    settle(site, BOB)
    asked = asyncio.Event()

    async def send(**_: Any) -> dict[str, Any]:
        asked.set()
        return await hang()

    site.aws.on("send_email", send)
    first = asyncio.create_task(mail(site, told(BOB)))
    await asked.wait()
    with pytest.raises(UnavailableError):
        await mail(site, told(BOB))
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert mailed(site.aws) == [BOB]


async def test_what_a_crash_left_unsent_is_sent_after_its_lease(site: Site) -> None:
    settle(site, BOB)
    site.aws.on("send_email", hang, {"MessageId": "m"})
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await mail(site, told(BOB))
    site.clock.advance(seconds=LEASE.total_seconds())
    await mail(site, told(BOB))
    assert mailed(site.aws) == [BOB, BOB]


async def test_messages_of_one_person_are_mailed_each(site: Site) -> None:
    settle(site, BOB)
    await mail(site, told(BOB))
    await mail(site, told(BOB, messageId="0b" * 16))
    assert mailed(site.aws) == [BOB, BOB]


@pytest.mark.parametrize("error", [down(), refusal("TooManyRequestsException", 429), refusal("AccessDeniedException")])
async def test_everybody_is_tried_before_a_failure_is_raised_and_only_they_are_tried_again(
    site: Site, error: Exception
) -> None:
    everybody = names(2 * AT_ONCE)
    settle(site, *everybody)
    site.aws.on("send_email", failing(everybody[0], everybody[5], error=error))
    with pytest.raises((UnavailableError, type(error))):
        await mail(site, told(*everybody))
    assert mailed(site.aws) == everybody
    site.aws.calls.clear()
    site.aws.on("send_email", {"MessageId": "m"})
    await mail(site, told(*everybody))
    assert mailed(site.aws) == [everybody[0], everybody[5]]


async def test_the_first_failure_is_the_one_that_is_raised(site: Site) -> None:
    settle(site, BOB, CLEO)
    site.aws.on("send_email", refusal("TooManyRequestsException", 429), down())
    with pytest.raises(ThrottledError):
        await mail(site, told(BOB, CLEO))


async def test_an_address_that_takes_no_mail_is_given_up_and_the_others_get_theirs(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    settle(site, BOB, CLEO)
    site.aws.on("send_email", failing(BOB, error=REJECTED))
    await mail(site, told(BOB, CLEO))
    await mail(site, told(BOB, CLEO))
    assert mailed(site.aws) == sorted([BOB, CLEO])
    out = capsys.readouterr().out
    (refused,) = logged(out, "mail refused")
    assert (refused["level"], refused["userId"]) == ("WARN", BOB)
    assert "@" not in out


async def test_what_became_of_everybody_is_counted(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    settle(site, *names(4))
    site.tables.plant(CONNECTIONS, connection("c1", owner="u0000"))
    await mail(site, told("u0001"))
    site.aws.on("send_email", failing("u0002", error=REJECTED))
    capsys.readouterr()
    await mail(site, told(*names(4)))
    (counts,) = logged(capsys.readouterr().out, "mailed")
    assert [counts[name] for name in ("sent", "refused", "reached", "before", "failed")] == [1, 1, 1, 1, 0]


async def test_a_mail_that_cannot_be_noted_is_not_sent_again_at_once(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    settle(site, BOB)
    site.aws.on("put_item", site.tables.put, down())
    await mail(site, told(BOB))
    site.aws.on("put_item", site.tables.put)
    with pytest.raises(UnavailableError):
        await mail(site, told(BOB))
    assert mailed(site.aws) == [BOB]
    assert logged(capsys.readouterr().out, "mail not noted")


@pytest.mark.parametrize("operation", ["batch_get_item", "query", "put_item"])
async def test_nobody_is_mailed_while_the_tables_do_not_answer(site: Site, operation: str) -> None:
    settle(site, BOB)
    site.aws.on(operation, down())
    with pytest.raises(UnavailableError):
        await mail(site, told(BOB))
    assert mailed(site.aws) == []


async def test_no_more_people_are_mailed_at_a_time_than_ses_can_take(site: Site) -> None:
    everybody, running, most = names(3 * AT_ONCE), [0], [0]
    settle(site, *everybody)

    async def send(**_: Any) -> dict[str, Any]:
        running[0] += 1
        most[0] = max(most[0], running[0])
        await asyncio.sleep(0.001)
        running[0] -= 1
        return {"MessageId": "m"}

    site.aws.on("send_email", send)
    await mail(site, told(*everybody))
    assert (mailed(site.aws), most) == (everybody, [AT_ONCE])


def test_a_lease_lasts_longer_than_an_invocation() -> None:
    (function,) = [each for each in FUNCTIONS if each.handler == "app.handlers.mails.send"]
    assert timedelta(seconds=function.timeout_s) < LEASE
