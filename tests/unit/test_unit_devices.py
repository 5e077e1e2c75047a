"""Devices over HTTP: what may be registered, by whom, and who sees it."""

from dataclasses import replace
from typing import Any

import pytest

from app.application import App
from app.catalogue import DEVICES
from app.models.devices import MAX_DEVICES
from app.models.ids import device_id
from tests.unit.aws import down, refusal
from tests.unit.events import REQUEST_ID
from tests.unit.people import ADA, BOB, CLEO, NOW_ISO
from tests.unit.registering import APNS, TOKEN, Phones

DEVICE = device_id("fcm", TOKEN)


async def test_a_new_device_is_shown_without_what_it_is_reached_by(phones: Phones) -> None:
    answer = await phones.register()
    assert (answer.status, answer.body) == (
        201,
        {"deviceId": DEVICE, "platform": "fcm", "createdAt": NOW_ISO, "updatedAt": NOW_ISO},
    )
    assert phones.owners() == [ADA]
    assert phones.in_step()


async def test_registering_again_changes_nothing_but_the_time(phones: Phones) -> None:
    first = await phones.register()
    phones.site.clock.advance(seconds=1)
    again = await phones.register()
    assert (again.status, again.body) == (200, {**first.body, "updatedAt": "2026-11-22T18:00:01.000Z"})
    assert len(phones.rows()) == 1
    assert phones.in_step()


async def test_a_phone_that_changes_hands_belongs_to_the_new_person_only(phones: Phones) -> None:
    await phones.register()
    phones.site.clock.advance(seconds=1)
    answer = await phones.register(who=BOB)
    assert (answer.status, answer.body["deviceId"]) == (201, DEVICE)
    assert answer.body["createdAt"] == "2026-11-22T18:00:01.000Z"
    assert (phones.owners(), await phones.listed(ADA)) == ([BOB], [])
    assert phones.in_step()


async def test_an_endpoint_that_sns_has_disabled_is_enabled_again(phones: Phones) -> None:
    await phones.register()
    phones.endpoints.disable(TOKEN)
    assert (await phones.register()).status == 200
    assert phones.in_step()


async def test_an_endpoint_that_somebody_deleted_is_made_again(phones: Phones) -> None:
    await phones.register()
    phones.endpoints.held.clear()
    assert (await phones.register()).status == 200
    assert phones.in_step()


async def test_an_endpoint_of_the_same_token_with_other_attributes_is_taken_over(phones: Phones) -> None:
    await phones.register()
    (attributes,) = phones.endpoints.held.values()
    attributes |= {"CustomUserData": "of-another-program", "Enabled": "false"}
    phones.site.tables.clear(DEVICES)
    assert (await phones.register()).status == 201
    assert phones.in_step()


async def test_a_rotated_token_takes_the_place_of_the_old_one(phones: Phones) -> None:
    await phones.register("old")
    answer = await phones.register("new", replaces=device_id("fcm", "old"))
    assert (answer.status, answer.body["deviceId"]) == (201, device_id("fcm", "new"))
    assert phones.endpoints.tokens() == ["new"]
    assert phones.in_step()


async def test_a_rotation_can_be_repeated(phones: Phones) -> None:
    await phones.register("old")
    old = device_id("fcm", "old")
    assert [(await phones.register("new", replaces=old)).status for _ in range(2)] == [201, 200]


@pytest.mark.parametrize("replaced", [device_id("fcm", "bobs"), device_id("fcm", "nobodys"), DEVICE])
async def test_only_another_device_of_ones_own_is_replaced(phones: Phones, replaced: str) -> None:
    await phones.register("bobs", who=BOB)
    assert (await phones.register(replaces=replaced)).status == 201
    assert (phones.owners("bobs"), phones.owners()) == ([BOB], [ADA])
    assert phones.in_step()


async def test_of_too_many_devices_the_one_registered_longest_ago_makes_room(phones: Phones) -> None:
    for number in [*range(MAX_DEVICES), 0]:  # the first one once more, so that the second is the oldest
        phones.site.clock.advance(seconds=1)
        await phones.register(f"t{number:02}")
    await phones.register("new", who=BOB)
    phones.site.clock.advance(seconds=1)
    assert (await phones.register("new")).status == 201
    kept = [f"t{number:02}" for number in range(MAX_DEVICES) if number != 1]
    assert phones.endpoints.tokens() == sorted([*kept, "new"])
    assert (len(await phones.listed(ADA)), await phones.listed(BOB)) == (MAX_DEVICES, [])
    assert phones.in_step()


async def test_apns_tokens_are_the_same_in_capitals(phones: Phones) -> None:
    first = await phones.register(APNS, platform="apns")
    again = await phones.register(APNS.upper(), platform="apns")
    assert (first.status, again.status, again.body["deviceId"]) == (201, 200, first.body["deviceId"])
    (arn,) = phones.endpoints.held
    assert "/APNS/" in arn


async def test_one_token_is_two_devices_on_two_platforms(phones: Phones) -> None:
    await phones.register(APNS)
    assert (await phones.register(APNS, platform="apns")).status == 201
    assert len(await phones.listed()) == 2


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"token": "t"}, ("/platform", "required")),
        ({"platform": "fcm"}, ("/token", "required")),
        ({"platform": "windows", "token": "t"}, ("/platform", "not_allowed")),
        ({"platform": "fcm", "token": ""}, ("/token", "too_short")),
        ({"platform": "fcm", "token": "t" * 4097}, ("/token", "too_long")),
        ({"platform": "fcm", "token": 5}, ("/token", "wrong_type")),
        ({"platform": "fcm", "token": "two words"}, ("/token", "malformed")),
        ({"platform": "fcm", "token": "line\n"}, ("/token", "malformed")),
        ({"platform": "fcm", "token": "tökén"}, ("/token", "malformed")),
        ({"platform": "apns", "token": "a" * 63}, ("/token", "malformed")),
        ({"platform": "apns", "token": "a" * 201}, ("/token", "malformed")),
        ({"platform": "apns", "token": "g" * 64}, ("/token", "malformed")),
        ({"platform": "fcm", "token": "t", "replaces": "x"}, ("/replaces", "malformed")),
        ({"platform": "fcm", "token": "t", "userId": BOB}, ("/userId", "unknown_field")),
    ],
)
async def test_what_is_no_device_is_refused_and_nothing_happens(
    phones: Phones, body: Any, fault: tuple[str, str]
) -> None:
    answer = await phones.ask("POST /devices", body)
    assert (answer.status, answer.code, answer.faults) == (422, "validation_failed", [fault])
    assert phones.site.aws.calls == []


@pytest.mark.parametrize("length", [1, 4096])
async def test_tokens_may_be_short_and_long(phones: Phones, length: int) -> None:
    assert (await phones.register("t" * length)).status == 201


@pytest.mark.parametrize("length", [64, 200])
async def test_tokens_of_apns_may_be_of_any_length_that_apple_uses(phones: Phones, length: int) -> None:
    assert (await phones.register("a" * length, platform="apns")).status == 201


async def test_without_a_profile_nothing_is_registered(phones: Phones) -> None:
    answer = await phones.register(who=CLEO)
    assert (answer.status, answer.code) == (403, "profile_required")
    assert (phones.rows(), phones.endpoints.held) == ([], {})


async def test_a_platform_that_the_stage_does_not_have_is_refused(phones: Phones) -> None:
    settings = replace(phones.site.app.settings, apns_application="")
    phones.app = App(settings, phones.site.app.clients, phones.site.clock)
    answer = await phones.register(APNS, platform="apns")
    assert (answer.status, answer.code) == (422, "platform_not_configured")
    assert (await phones.register()).status == 201


async def test_a_token_that_the_push_service_refuses_is_malformed(phones: Phones) -> None:
    phones.site.aws.on("create_platform_endpoint", refusal("InvalidParameter", text="Invalid parameter: Token Reason"))
    answer = await phones.register()
    assert (answer.status, answer.faults) == (422, [("/token", "malformed")])
    assert phones.rows() == []


async def test_devices_are_listed_in_the_order_of_their_first_registration(phones: Phones) -> None:
    for token in ("c", "a", "b", "c"):
        phones.site.clock.advance(seconds=1)
        await phones.register(token)
    await phones.register("bobs", who=BOB)
    assert [item["deviceId"] for item in await phones.listed()] == [device_id("fcm", token) for token in "cab"]
    assert {*(await phones.listed())[0]} == {"deviceId", "platform", "createdAt", "updatedAt"}


async def test_a_removed_device_leaves_nothing(phones: Phones) -> None:
    await phones.register()
    answer = await phones.remove(DEVICE)
    assert (answer.status, answer.text) == (204, "")
    assert (phones.endpoints.held, phones.rows()) == ({}, [])
    assert phones.in_step()


async def test_somebody_elses_device_is_as_if_it_were_not_there(phones: Phones) -> None:
    await phones.register(who=BOB)
    answers = [await phones.remove(each) for each in (DEVICE, device_id("fcm", "nobodys"), "no-id", "x" * 5000, "")]
    assert {(answer.status, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert REQUEST_ID in answers[0].text
    assert phones.owners() == [BOB]
    assert phones.in_step()


@pytest.mark.parametrize("name", ["no-id", "x" * 5000, "", DEVICE.upper(), f"{DEVICE}0"])
async def test_what_can_be_no_device_is_not_even_looked_for(phones: Phones, name: str) -> None:
    assert (await phones.remove(name)).status == 404
    assert phones.site.aws.calls == []


STEPS = ["get_item", "create_platform_endpoint", "transact_write_items", "get_endpoint_attributes", "query"]


@pytest.mark.parametrize("step", STEPS)
async def test_a_registration_that_failed_at_any_step_is_completed_by_a_repeat(phones: Phones, step: str) -> None:
    works = phones.site.aws.replies[step]
    phones.site.aws.on(step, down())
    assert (await phones.register()).status == 503
    phones.site.aws.on(step, *works)
    assert (await phones.register()).status in (200, 201)
    assert phones.in_step()


@pytest.mark.parametrize("step", ["get_item", "delete_endpoint", "transact_write_items"])
async def test_a_removal_that_failed_at_any_step_is_completed_by_a_repeat(phones: Phones, step: str) -> None:
    await phones.register()
    works = phones.site.aws.replies[step]
    phones.site.aws.on(step, down())
    assert (await phones.remove(DEVICE)).status == 503
    phones.site.aws.on(step, *works)
    assert (await phones.remove(DEVICE)).status == 204
    assert (phones.endpoints.held, phones.rows()) == ({}, [])


async def test_an_application_that_is_not_there_is_no_fault_of_the_callers(phones: Phones) -> None:
    phones.site.aws.on("create_platform_endpoint", refusal("NotFound", 404, "PlatformApplication does not exist"))
    assert (await phones.register()).status == 500


async def test_no_log_has_a_token(phones: Phones, capsys: pytest.CaptureFixture[str]) -> None:
    await phones.register("a-secret-token")
    await phones.register("a-secret token")
    phones.site.aws.on("create_platform_endpoint", refusal("Strange", text="a-secret-token"))
    await phones.register("a-secret-token")
    assert "a-secret" not in capsys.readouterr().out
