"""Devices: a phone has one owner at a time, and nothing stays of it when it goes."""

import asyncio

from tests.e2e.aws import Aws
from tests.e2e.client import Person
from tests.e2e.phones import devices, endpoint, new_token, register


def has_endpoint(aws: Aws, arn: str) -> bool:
    try:
        aws.sns.get_endpoint_attributes(EndpointArn=arn)
    except aws.sns.exceptions.NotFoundException:
        return False
    return True


async def test_a_phone_that_changes_hands_is_the_new_persons(alice: Person, bob: Person, aws: Aws) -> None:
    token = new_token()
    device = await register(bob, token=token)
    arn = endpoint(aws, bob, device)

    assert await register(alice, token=token) == device

    assert (await devices(bob), await devices(alice)) == ([], [device])
    assert endpoint(aws, alice, device) == arn


async def test_a_phone_that_two_register_at_once_is_one_of_theirs(alice: Person, bob: Person, aws: Aws) -> None:
    for _ in range(5):
        token = new_token()
        [device, _] = await asyncio.gather(register(alice, token=token), register(bob, token=token))

        owners = [each for each in (alice, bob) if device in await devices(each)]

        assert len(owners) == 1
        assert has_endpoint(aws, endpoint(aws, owners[0], device))


async def test_a_phone_that_is_registered_again_while_it_is_removed_ends_in_step(alice: Person, aws: Aws) -> None:
    for _ in range(5):
        token = new_token()
        path = f"/devices/{await register(alice, token=token)}"
        [device, removed] = await asyncio.gather(register(alice, token=token), alice.call("DELETE", path))

        assert removed.status == 204
        assert device not in await devices(alice) or has_endpoint(aws, endpoint(aws, alice, device))


async def test_a_rotated_token_leaves_nothing_of_the_old_one(alice: Person, aws: Aws) -> None:
    old = await register(alice)
    arn = endpoint(aws, alice, old)

    body = {"platform": "fcm", "token": new_token(), "replaces": old}
    answer = await alice.call("POST", "/devices", json=body)

    assert (answer.status, await devices(alice)) == (201, [answer.json()["deviceId"]])
    assert not has_endpoint(aws, arn)


async def test_a_removed_phone_leaves_nothing_and_is_nobody_elses_to_remove(
    alice: Person, bob: Person, aws: Aws
) -> None:
    device = await register(bob)
    arn = endpoint(aws, bob, device)
    theirs, nobodys = [await alice.call("DELETE", f"/devices/{each}") for each in (device, "0" * 32)]

    assert (theirs.status, theirs.problem()) == (404, nobodys.problem())
    assert (await bob.call("DELETE", f"/devices/{device}")).status == 204

    assert (await devices(bob), aws.rows("Devices", deviceId=device), has_endpoint(aws, arn)) == ([], [], False)
    assert (await bob.call("DELETE", f"/devices/{device}")).problem() == nobodys.problem()


async def test_an_erased_person_leaves_no_phone_behind(bob: Person, aws: Aws) -> None:
    found = [await register(bob, platform) for platform in ("fcm", "apns")]
    arns = [endpoint(aws, bob, device) for device in found]

    assert (await bob.call("DELETE", f"/users/{bob.user_id}")).status == 204

    assert [row for device in found for row in aws.rows("Devices", deviceId=device)] == []
    assert [has_endpoint(aws, arn) for arn in arns] == [False, False]
