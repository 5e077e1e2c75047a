"""Devices on a DynamoDB and an SNS that are not ours."""

import pytest

from app.application import App
from app.catalogue import DEVICES, USERS
from tests.integration.events import Client
from tests.integration.faults import FaultServer, forwarded, lost
from tests.integration.phones import Phones
from tests.integration.rows import ALICE, BOB
from tests.integration.site import Clock, Site
from tests.integration.wire import json_error, query_error


@pytest.fixture
def phones(fragile: App, site: Site, clock: Clock) -> Phones:
    for person in (ALICE, BOB):
        site.settle(clock(), person)
    return Phones(fragile, site, clock)


def owners(site: Site) -> list[str]:
    return sorted(row["userId"] for row in site.rows(DEVICES) if "device" not in row)


async def test_a_device_has_a_row_and_an_endpoint(phones: Phones, site: Site) -> None:
    status, device = await phones.register(ALICE)
    [(arn, attributes)] = phones.endpoints().items()
    [row] = [row for row in site.rows(DEVICES) if "device" not in row]
    assert status == 201
    assert (row["deviceId"], row["endpointArn"], row["token"]) == (device["deviceId"], arn, phones.token)
    assert attributes == {"Token": phones.token, "CustomUserData": device["deviceId"], "Enabled": "true"}


async def test_a_token_that_is_registered_again_keeps_its_endpoint(phones: Phones) -> None:
    first = await phones.register(ALICE)
    before = phones.endpoints()
    again = await phones.register(ALICE)
    assert (first[0], again[0], first[1]["deviceId"]) == (201, 200, again[1]["deviceId"])
    assert phones.endpoints() == before


async def test_a_disabled_endpoint_is_enabled_by_registering_again(phones: Phones) -> None:
    await phones.register(ALICE)
    phones.disable()
    assert (await phones.register(ALICE))[0] == 200
    [attributes] = phones.endpoints().values()
    assert attributes["Enabled"] == "true"


async def test_an_endpoint_of_another_program_is_taken_over(phones: Phones, site: Site) -> None:
    application = site.names["FCM_APPLICATION"]
    others = {"PlatformApplicationArn": application, "Token": phones.token, "CustomUserData": "theirs"}
    arn = site.aws.sns.create_platform_endpoint(**others)["EndpointArn"]
    status, device = await phones.register(ALICE)
    assert status == 201
    assert phones.endpoints()[arn]["CustomUserData"] == device["deviceId"]


async def test_a_phone_changes_hands(phones: Phones, site: Site) -> None:
    await phones.register(ALICE)
    assert (await phones.register(BOB))[0] == 201
    assert (owners(site), len(phones.endpoints())) == ([BOB], 1)


async def test_a_rotated_token_leaves_nothing_of_the_old_one(phones: Phones, site: Site) -> None:
    _, old = await phones.register(ALICE, "old" + phones.token)
    assert (await phones.register(ALICE, replaces=old["deviceId"]))[0] == 201
    assert [each["Token"] for each in phones.endpoints().values()] == [phones.token]
    assert owners(site) == [ALICE]


async def test_a_removed_device_leaves_nothing(phones: Phones, site: Site) -> None:
    _, device = await phones.register(ALICE)
    assert (await phones.ask(BOB, "DELETE /devices/{deviceId}", device=device["deviceId"]))[0] == 404
    assert (await phones.ask(ALICE, "DELETE /devices/{deviceId}", device=device["deviceId"])) == (204, None)
    assert (site.rows(DEVICES), phones.endpoints()) == ([], {})


async def test_an_erased_person_leaves_neither_devices_nor_endpoints(phones: Phones, site: Site, clock: Clock) -> None:
    sub = site.person("carol@example.org")
    carol = Client(phones.app, clock, sub)
    await carol.http("CreateUser", {"firstName": "C", "lastName": "L"})
    await phones.register(sub)
    await phones.register(sub, phones.token[::-1], platform="apns")
    assert (await carol.http("DeleteUser", path=sub))[0] == 204
    assert (site.rows(DEVICES), phones.endpoints(), phones.endpoints("APNS_APPLICATION")) == ([], {}, {})
    assert sub not in {row["userId"] for row in site.rows(USERS)}


@pytest.mark.parametrize("operation", ["TransactWriteItems", "CreatePlatformEndpoint", "SetEndpointAttributes"])
async def test_an_answer_that_was_lost_makes_no_second_device(
    operation: str, phones: Phones, faults: FaultServer, site: Site, moto: str
) -> None:
    faults.script(operation, lost(forwarded(moto)), forwarded(moto))
    assert (await phones.register(ALICE))[0] in (200, 201)
    assert (owners(site), len(phones.endpoints())) == ([ALICE], 1)


@pytest.mark.parametrize(
    ("operation", "status"), [("GetItem", 503), ("CreatePlatformEndpoint", 503), ("GetEndpointAttributes", 503)]
)
async def test_what_is_down_is_told_and_a_repeat_mends_it(
    operation: str, status: int, phones: Phones, faults: FaultServer, site: Site
) -> None:
    of_sns = query_error("InternalError", 500)
    faults.script(operation, json_error("InternalServerError", 500) if operation == "GetItem" else of_sns)
    assert (await phones.register(ALICE))[0] == status
    faults.heal()
    assert (await phones.register(ALICE))[0] in (200, 201)
    assert (owners(site), len(phones.endpoints())) == ([ALICE], 1)


async def test_a_token_that_sns_refuses_is_the_callers_fault(phones: Phones, faults: FaultServer, site: Site) -> None:
    faults.script("CreatePlatformEndpoint", query_error("InvalidParameter", 400, "Invalid parameter: Token Reason: no"))
    status, problem = await phones.register(ALICE)
    assert (status, problem["errors"][0]["pointer"], site.rows(DEVICES)) == (422, "/token", [])
