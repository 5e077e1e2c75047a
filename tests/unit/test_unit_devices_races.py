"""Two or three who are at one token at once: in every order of their calls, rows and endpoints end in step."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest

from app.catalogue import DEVICES
from app.channels.push import PushEndpoints
from app.errors import NotFoundError
from app.models.devices import Device, RegisterDevice
from app.models.ids import UserId, device_id
from app.outreach.registering import Registry
from app.stores.devices import Devices
from app.stores.dynamo import DynamoTable
from tests.unit.delivering import Site
from tests.unit.interleaving import Paused, Run, every_order
from tests.unit.people import ADA, BOB, CLEO, NOW
from tests.unit.registering import TOKEN, Phones

BODY = RegisterDevice(platform="fcm", token=TOKEN)
DEVICE = device_id("fcm", TOKEN)


@pytest.fixture
def registry(site: Site) -> Registry:
    service = site.app.service
    table = DynamoTable(Paused(service("dynamodb")), DEVICES.variable.lower())
    endpoints = PushEndpoints(Paused(service("sns")), {"fcm": "fcm_application", "apns": ""})
    return Registry(Devices(table), endpoints, lambda: NOW)


async def register(registry: Registry, who: str) -> None:
    await registry._settle(UserId(who), BODY)


def finish(run: Run) -> None:
    while True:
        try:
            run.send(None)
        except StopIteration:
            return


def crash(run: Run, calls: int) -> None:
    """Ends a run after so many calls, of which the last was answered to nobody."""
    with suppress(StopIteration):
        for _ in range(calls):
            run.send(None)
    run.close()


async def remove(registry: Registry, who: str) -> None:
    try:
        await registry.unregister(UserId(who), DEVICE)
    except NotFoundError:
        return


def remove_first(registry: Registry, phones: Phones) -> Run:
    """Removes the device as it was before anybody else began: what a push does that finds it disabled."""
    (row,) = phones.rows()
    return registry.remove(Device.from_item(row))


def outcomes(phones: Phones, before: Callable[[], Run], *start: Callable[[], Run]) -> list[tuple[str, ...]]:
    """Returns who has the device in the end, for every order of those who start after what was before."""

    def anew() -> list[Run]:
        phones.site.tables.clear(DEVICES)
        phones.endpoints.held.clear()
        finish(before())
        return [run() for run in start]

    found = []
    for order in every_order(anew):
        assert phones.in_step(), order
        found.append(tuple(phones.owners()))
    return found


async def nothing() -> None:
    """Nobody has registered the device."""


def test_a_token_that_two_register_at_once_is_one_of_theirs(phones: Phones, registry: Registry) -> None:
    found = outcomes(phones, nothing, partial(register, registry, ADA), partial(register, registry, BOB))
    assert {*found} == {(ADA,), (BOB,)}
    assert len(found) > 50


def test_a_token_that_two_take_over_at_once_is_one_of_theirs(phones: Phones, registry: Registry) -> None:
    before = partial(register, registry, CLEO)
    found = outcomes(phones, before, partial(register, registry, ADA), partial(register, registry, BOB))
    assert {*found} == {(ADA,), (BOB,)}


def test_a_device_that_is_registered_again_while_it_is_removed_is_there_or_not(
    phones: Phones, registry: Registry
) -> None:
    before = partial(register, registry, ADA)
    found = outcomes(phones, before, partial(register, registry, ADA), partial(remove, registry, ADA))
    assert {*found} == {(ADA,), ()}
    assert len(found) > 50


def test_who_removes_a_device_takes_nothing_from_the_one_who_has_it_next(phones: Phones, registry: Registry) -> None:
    before = partial(register, registry, ADA)
    found = outcomes(phones, before, partial(register, registry, BOB), partial(remove, registry, ADA))
    assert {*found} == {(BOB,)}


def test_what_a_push_removes_is_never_what_was_registered_since(phones: Phones, registry: Registry) -> None:
    before = partial(register, registry, ADA)
    removal = partial(remove_first, registry, phones)
    for who in (ADA, BOB):
        found = outcomes(phones, before, partial(register, registry, who), removal)
        assert {*found} == {(who,)}


def test_two_who_remove_a_device_leave_nothing(phones: Phones, registry: Registry) -> None:
    before = partial(register, registry, ADA)
    found = outcomes(phones, before, partial(remove, registry, ADA), partial(remove, registry, ADA))
    assert {*found} == {()}


def test_a_crash_at_any_call_is_mended_by_a_repeat(phones: Phones, registry: Registry) -> None:
    steps = {(register, ADA): (ADA,), (register, BOB): (BOB,), (remove, ADA): ()}
    for (run, who), owners in steps.items():
        for calls in range(1, 6):
            phones.site.tables.clear(DEVICES)
            phones.endpoints.held.clear()
            finish(register(registry, ADA))
            crash(run(registry, who), calls)
            finish(run(registry, who))
            assert (tuple(phones.owners()), phones.in_step()) == (owners, True)
