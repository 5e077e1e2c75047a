"""Mail by an SES that is not ours: from the topic to the mailbox, once, and what fails on the way."""

import json
from collections.abc import Mapping

import pytest

from app.application import App
from app.catalogue import CONNECTIONS
from app.models.mails import Mail
from app.models.told import Told
from tests.integration.events import Client
from tests.integration.faults import Behaviour, FaultServer
from tests.integration.mailbox import Mailbox, told
from tests.integration.rows import ALICE, BOB, CAROL, QUIET, user
from tests.integration.signature import verify
from tests.integration.site import SENDER, Clock, Site
from tests.integration.wire import DENIED, rest_error

BOBS = ("bob@example.org", "Message: Hi")
CAROLS = ("carol@example.org", "Message: Hi")
UNVERIFIED = b'{"message":"Email address is not verified. The following identities failed the check"}'
# What fails -> how.
FAULTS: Mapping[str, tuple[str, Behaviour]] = {
    "the sender, whom SES does not know": ("SendEmail", rest_error("MessageRejected", 400, UNVERIFIED)),
    "the account, which has sent enough for today": ("SendEmail", rest_error("LimitExceededException", 400)),
    "the right to send": ("SendEmail", rest_error("AccessDeniedException", 403)),
    "reading profiles": ("BatchGetItem", DENIED),
    "looking for connections": ("Query", DENIED),
    "taking a claim": ("PutItem", DENIED),
}


@pytest.fixture
def mailbox(fragile: App, site: Site, clock: Clock) -> Mailbox:
    """Alice, Bob and Carol have a profile, and Carol a connection."""
    site.settle(clock(), ALICE)
    site.settle(clock(), BOB)
    site.settle(clock(), CAROL, "c1=")
    return Mailbox.empty(fragile, site)


async def send(mailbox: Mailbox, clock: Clock, **body: object) -> str:
    """Has Alice send a message to Bob and Carol; returns what the queue of mail got of it."""
    message = {"recipientIds": [BOB, CAROL], "content": "hello", "title": "Hi", **body}
    assert (await Client(mailbox.app, clock, ALICE).http("SendMessage", message))[0] == 201
    [queued] = mailbox.queued()
    return queued


async def test_whoever_is_not_connected_gets_one_mail_however_often_it_comes(mailbox: Mailbox, clock: Clock) -> None:
    queued = await send(mailbox, clock)
    for receives in (1, 2, 1):
        assert await mailbox.receive(queued, receives)
    assert mailbox.sent() == [BOBS]


async def test_a_connection_that_was_found_gone_reaches_nobody(
    mailbox: Mailbox, clock: Clock, faults: FaultServer, site: Site
) -> None:
    clock.advance(seconds=11)  # older than a handshake
    faults.script("PostToConnection", rest_error("GoneException", 410))
    queued = await send(mailbox, clock)
    assert site.rows(CONNECTIONS) == []
    assert await mailbox.receive(queued)
    assert mailbox.sent() == [BOBS, CAROLS]


async def test_a_mail_is_signed_for_ses_and_holds_text_html_and_its_headers(
    mailbox: Mailbox, clock: Clock, faults: FaultServer
) -> None:
    queued = await send(mailbox, clock, content="<b>\nhello")
    await mailbox.receive(queued)
    (seen,) = faults.attempts("SendEmail")
    assert verify(seen).split("/")[3] == "ses"
    mail = Mail.of(Told.from_body(queued))
    parts = {"Text": mail.text, "Html": mail.html}
    assert json.loads(seen.body) == {
        "FromEmailAddress": SENDER,
        "Destination": {"ToAddresses": ["bob@example.org"]},
        "Content": {
            "Simple": {
                "Subject": {"Data": "Message: Hi", "Charset": "UTF-8"},
                "Body": {name: {"Data": text, "Charset": "UTF-8"} for name, text in parts.items()},
                "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
            }
        },
    }


@pytest.mark.parametrize(("priority", "mails"), [("normal", []), ("critical", [BOBS])])
async def test_quiet_hours_hold_back_what_is_not_critical(
    priority: str, mails: list[tuple[str, str]], mailbox: Mailbox, clock: Clock
) -> None:
    clock.advance(hours=12)  # it is midnight
    await mailbox.app.users.delete(BOB)
    loud = QUIET.model_copy(update={"channels": QUIET.channels.model_copy(update={"email": True})})
    await mailbox.app.users.create(user(BOB, clock(), loud))
    assert await mailbox.receive(told(BOB, priority=priority))
    assert mailbox.sent() == mails


async def test_an_announcement_is_mailed_to_everyone_who_is_not_connected(mailbox: Mailbox) -> None:
    assert await mailbox.receive(told(type="announcement", audience="everyone"))
    [named] = mailbox.queued()
    assert await mailbox.receive(named)
    assert mailbox.sent() == [("alice@example.org", "Announcement: Hi"), ("bob@example.org", "Announcement: Hi")]


@pytest.mark.parametrize("what", FAULTS)
async def test_whatever_fails_the_message_comes_again_and_is_mailed_once(
    what: str, mailbox: Mailbox, faults: FaultServer
) -> None:
    operation, fault = FAULTS[what]
    faults.script(operation, fault)
    assert not await mailbox.receive(told(BOB))
    faults.heal()
    assert await mailbox.receive(told(BOB), receives=2)
    assert mailbox.sent() == [BOBS]


async def test_a_mail_that_ses_never_takes_is_given_up(mailbox: Mailbox, faults: FaultServer) -> None:
    faults.script("SendEmail", rest_error("BadRequestException", 400, b'{"message":"Illegal address"}'))
    assert await mailbox.receive(told(BOB))
    faults.heal()
    assert await mailbox.receive(told(BOB))
    assert mailbox.sent() == []
