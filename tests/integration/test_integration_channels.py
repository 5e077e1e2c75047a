"""The topic, the user pool and `@connections`."""

import json
from dataclasses import replace

import pytest

from app.application import App
from app.catalogue import EVERYONE
from app.channels.topic import NotificationsTopic
from app.delivery.plan import frame, notification
from app.errors import NotFoundError, UnacceptableError, UnavailableError
from app.models.ids import ConnectionId, UserId
from app.models.work import Work
from tests.integration.faults import FaultServer
from tests.integration.rows import BOB, CAROL, work
from tests.integration.signature import verify
from tests.integration.site import Clock, Site
from tests.integration.wire import json_error, rest_error

ADDRESS = "dave@example.org"


def topic(app: App) -> NotificationsTopic:
    return app.worker.teller.topic


async def publish(app: App, of: Work) -> None:
    await topic(app).publish(notification(of, UserId(EVERYONE)), of.audience, of.recipient_ids)


async def test_what_is_published_is_the_frame_and_whom_it_is_for(app: App, site: Site, clock: Clock) -> None:
    of = work(clock(), BOB, CAROL)
    await publish(app, of)
    (published,) = site.published()
    assert json.loads(published["Message"]) == {
        **json.loads(frame(of)),
        "audience": None,
        "recipientIds": ["bob", "carol"],
    }


async def test_what_is_published_can_be_filtered_by_type_and_priority(app: App, site: Site, clock: Clock) -> None:
    await publish(app, work(clock(), BOB))
    (published,) = site.published()
    assert published["MessageAttributes"] == {
        "type": {"Type": "String", "Value": "message"},
        "priority": {"Type": "String", "Value": "normal"},
    }


async def test_what_is_for_everyone_is_published_without_recipients(app: App, site: Site, clock: Clock) -> None:
    await publish(app, work(clock()))
    (published,) = site.published()
    told = json.loads(published["Message"])
    assert (told["audience"], told["recipientIds"]) == ("everyone", [])
    assert published["MessageAttributes"]["type"]["Value"] == "announcement"


@pytest.mark.parametrize("recipients", [49, 50])
async def test_the_largest_message_is_less_than_a_publish_may_have(
    recipients: int, app: App, site: Site, clock: Clock
) -> None:
    names = [UserId("🙂" * 124 + f"{number:04}") for number in range(recipients)]
    await publish(app, work(clock(), *names, content="\u0001" * 16 * 1024))
    (published,) = site.published()
    assert len(published["Message"].encode()) < 256 * 1024
    assert len(json.loads(published["Message"])["recipientIds"]) == recipients


async def test_a_person_is_known_by_sub_and_by_address(app: App, site: Site) -> None:
    sub = site.person(ADDRESS)
    for name in (sub, ADDRESS):
        person = await app.people.get(name)
        assert (person.user_id, person.email) == (sub, ADDRESS)


async def test_nobody_is_not_found(app: App) -> None:
    with pytest.raises(NotFoundError):
        await app.people.get("nobody")


async def test_who_is_invited_is_in_the_pool(app: App, site: Site) -> None:
    person = await app.people.invite(ADDRESS)
    assert person == await app.people.get(person.user_id)
    assert site.emails() == [ADDRESS]


async def test_who_is_invited_twice_is_the_same_person(app: App, site: Site) -> None:
    assert await app.people.invite(ADDRESS) == await app.people.invite(ADDRESS)
    assert site.emails() == [ADDRESS]


async def test_an_address_that_the_pool_refuses_is_the_callers_fault(fragile: App, faults: FaultServer) -> None:
    faults.script("AdminCreateUser", json_error("InvalidParameterException"))
    with pytest.raises(UnacceptableError) as raised:
        await fragile.people.invite("no address")
    assert [fault.pointer for fault in raised.value.faults] == ["/email"]


async def test_the_invitation_goes_out_by_mail_to_an_address_that_counts_as_verified(
    fragile: App, faults: FaultServer
) -> None:
    await fragile.people.invite(ADDRESS)
    body = json.loads(faults.attempts("AdminCreateUser")[0].body)
    assert body["DesiredDeliveryMediums"] == ["EMAIL"]
    assert {"Name": "email_verified", "Value": "true"} in body["UserAttributes"]


async def test_a_person_is_deleted_and_deleting_can_be_repeated(app: App, site: Site) -> None:
    sub = UserId(site.person(ADDRESS))
    await app.people.delete(sub)
    await app.people.delete(sub)
    assert site.emails() == []


@pytest.mark.parametrize("connection", ["FYnvDeD_NjMCKlg=", "a+b/c d%é"])
async def test_a_post_is_signed_for_execute_api_with_the_stage_and_an_encoded_id(
    connection: str, fragile: App, faults: FaultServer
) -> None:
    await fragile.sockets.post(ConnectionId(connection), {"type": "pong"})
    (seen,) = faults.attempts("PostToConnection")
    scope = verify(seen)
    assert scope.split("/")[3] == "execute-api"
    assert seen.url == f"{faults.url}/prod/@connections/{_encoded(connection)}"
    assert seen.body == b'{"type":"pong"}'


async def test_a_signature_does_not_fit_another_body(fragile: App, faults: FaultServer) -> None:
    await fragile.sockets.post(ConnectionId("a1"), {"type": "pong"})
    with pytest.raises(AssertionError):
        verify(replace(faults.attempts("PostToConnection")[0], body=b"{}"))


async def test_a_connection_is_closed_with_a_signed_delete(fragile: App, faults: FaultServer) -> None:
    await fragile.sockets.close(ConnectionId("FYnvDeD_NjMCKlg="))
    (seen,) = faults.attempts("DeleteConnection")
    verify(seen)
    assert (seen.method, seen.url) == ("DELETE", f"{faults.url}/prod/@connections/FYnvDeD_NjMCKlg%3D")


@pytest.mark.parametrize("name", ["GoneException", None])
async def test_that_a_connection_has_ended_is_no_error(name: str | None, fragile: App, faults: FaultServer) -> None:
    faults.script("PostToConnection", rest_error(name, 410))
    faults.script("DeleteConnection", rest_error(name, 410))
    await fragile.sockets.post(ConnectionId("a1"), {"type": "pong"})
    await fragile.sockets.close(ConnectionId("a1"))


async def test_that_a_connection_cannot_be_reached_is_told(fragile: App, faults: FaultServer) -> None:
    faults.script("PostToConnection", rest_error(None, 500))
    with pytest.raises(UnavailableError):
        await fragile.sockets.post(ConnectionId("a1"), {"type": "pong"})


def _encoded(text: str) -> str:
    return {"FYnvDeD_NjMCKlg=": "FYnvDeD_NjMCKlg%3D", "a+b/c d%é": "a%2Bb%2Fc%20d%25%C3%A9"}[text]
