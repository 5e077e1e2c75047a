"""The ways of phones and of mail: of the functions that reach people who are not connected."""

from laptop.pushes import APPLICATIONS
from tests.e2e import mailbox, phones
from tests.e2e.aws import Aws
from tests.e2e.client import Person
from tests.e2e.mailbox import unknown_sender
from tests.e2e.phones import devices, endpoint, new_token, register, told
from tests.e2e.ways.cast import Cast


async def register_phones(cast: Cast) -> None:
    """A phone gets another token, is switched off by SNS, and comes back."""
    [alice] = await cast.people("Alice")
    old = await register(alice, "apns")
    body = {"platform": "fcm", "token": new_token(), "replaces": old}
    device = (await alice.call("POST", "/devices", json=body)).json()["deviceId"]
    arn = endpoint(cast.aws, alice, device)
    cast.aws.sns.set_endpoint_attributes(EndpointArn=arn, Attributes={"Enabled": "false"})

    assert await register(alice, token=str(body["token"])) == device

    assert await devices(alice) == [device]
    assert cast.aws.sns.get_endpoint_attributes(EndpointArn=arn)["Attributes"]["Enabled"] == "true"


async def push(cast: Cast) -> None:
    """A push is brought twice, one goes to everyone, one to a phone that has gone and is back, and one is none."""
    alice, bob = await cast.people("Alice", "Bob")
    device = await register(bob, token=(token := new_token()))
    again = told(alice, bob)
    for message in (again, again, told(cast.ada, audience="everyone", type="announcement")):
        assert phones.receive(cast.aws, message)
    gone = endpoint(cast.aws, bob, device)
    overtake(cast.aws, device, token, by=alice)
    cast.aws.sns.delete_endpoint(EndpointArn=gone)

    assert phones.receive(cast.aws, told(alice, bob))

    assert endpoint(cast.aws, alice, device) != gone
    assert not phones.receive(cast.aws, {})


async def mail(cast: Cast) -> None:
    """A mail is brought twice, one goes to everyone, and one SES does not take."""
    alice, bob = await cast.people("Alice", "Bob")
    again = told(alice, bob)
    for message in (again, again, told(cast.ada, audience="everyone", type="announcement")):
        assert mailbox.receive(cast.aws, message)

    with unknown_sender(cast.aws):
        assert not mailbox.receive(cast.aws, told(alice, bob))

    assert len(mailbox.mails_to(cast.aws, bob)) >= 1


def overtake(aws: Aws, device: str, token: str, by: Person) -> None:
    """Leaves what somebody finds who removes a phone at the moment at which another person registers it.

    The row of the token is the other person's already. The endpoint that the other has made, and that SNS has switched
    off since, takes the place of the deleted one; here it lies beside it before, which AWS would not allow.
    """
    [held] = aws.rows("Devices", userId=f"token#{device}")
    taken = {**held["device"], "userId": by.user_id, "version": "another"}
    aws.change("Devices", held, version="another", device=taken)
    application = APPLICATIONS[held["device"]["platform"]]
    attributes = {"PlatformApplicationArn": application, "Token": new_token(), "CustomUserData": device}
    made = aws.sns.create_platform_endpoint(**attributes)["EndpointArn"]
    aws.sns.set_endpoint_attributes(EndpointArn=made, Attributes={"Token": token, "Enabled": "false"})
