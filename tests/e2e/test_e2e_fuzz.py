"""Whatever is asked that the description knows, and whatever it does not: the answer is one that it has."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from app.catalogue import ADMINS
from tests.e2e.aws import Aws
from tests.e2e.client import Person, Site
from tests.e2e.fuzzing import FUZZ_S, World, fuzz
from tests.e2e.people import introduce, sign_in

_LEAST = 600  # requests in all


async def _world(alice: Person, bob: Person) -> World:
    """Lets two people write to each other."""
    sent = [await sender.send(alice, bob) for sender in (alice, bob)]
    listed = await alice.call("GET", "/notifications")
    return World(
        (alice.user_id, bob.user_id),
        tuple(answer.json()["messageId"] for answer in sent),
        tuple(item["notificationId"] for item in listed.json()["items"]),
    )


async def _administrator(site: Site, aws: Aws) -> Person:
    person = await introduce(site, aws, "Root")
    pool = site.endpoints.userPoolId
    aws.cognito.admin_add_user_to_group(UserPoolId=pool, Username=person.email, GroupName=ADMINS)
    token = sign_in(aws, site.endpoints.clientId, person.email)["AccessToken"]
    site.secrets.add(token)
    return replace(person, token=token)


@pytest.mark.timeout(FUZZ_S + 240)
async def test_every_answer_to_made_up_requests_is_described_and_none_is_a_server_error(
    site: Site, aws: Aws, alice: Person, bob: Person, tmp_path: Path
) -> None:
    leaving, administrator = await introduce(site, aws, "Leaving"), await _administrator(site, aws)
    world = await _world(alice, bob)

    findings = await asyncio.gather(
        fuzz(alice, world, tmp_path / "alice", "--exclude-operation-id", "deleteUser"),
        fuzz(leaving, replace(world, people=(leaving.user_id,)), tmp_path / "leaving", "--phases", "fuzzing,stateful"),
        # To everyone they say nothing here: it would reach the people of all other tests.
        fuzz(
            administrator, world, tmp_path / "administrator", "--include-operation-id-regex", "(create|get|update)User"
        ),
    )

    print("schemathesis:", ", ".join(f"{each.cases} requests, {each.wrong} wrong" for each in findings))
    print(*(each.said for each in findings if each.wrong), sep="\n")
    assert [each.wrong for each in findings] == [0, 0, 0]
    assert sum(each.cases for each in findings) > _LEAST
