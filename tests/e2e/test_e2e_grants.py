"""What the functions ask of AWS is what the catalogue grants them: no more, and nothing that it grants is never used.

The auditor has written down what all tests before this one have had the functions do. What nobody has done by now is
done here, so this holds for a run of this file alone as well.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

import pytest

from app.catalogue import FUNCTIONS, Function
from tests.e2e import stack
from tests.e2e.audit import Audit, Use, granted
from tests.e2e.aws import Aws, wait_until
from tests.e2e.client import Person, Site
from tests.e2e.ways import phones, profiles, reading, sending, sockets
from tests.e2e.ways.cast import Cast

Way: TypeAlias = Callable[[Cast], Awaitable[None]]

SETTLE_S = 60.0  # for what goes by way of queues

# On these ways a function uses all that it is granted; on the first of several, what others seldom have it use.
WAYS: Mapping[str, tuple[Way, ...]] = {
    "CreateUser": (profiles.create,),
    "GetUser": (profiles.get,),
    "UpdateUser": (profiles.update,),
    "DeleteUser": (sending.leave,),
    "ConfirmAccount": (profiles.sign_up,),
    "SendMessage": (sending.send, sending.announce),
    "Inbox": (reading.read,),
    "Deliver": (sending.leave, sending.announce, sending.sweep, sending.bring_no_job),
    "Sweep": (sending.sweep,),
    "SendMail": (phones.mail,),
    "CreateTicket": (sockets.connect,),
    "AuthorizeConnection": (sockets.connect,),
    "HandleConnection": (sockets.talk,),
    "HandleDevices": (phones.register_phones,),
    "Push": (phones.push,),
}
# Rights that tests take away for a while, to see what comes of it.
TAKEN_AWAY = {
    "Deliver": {Use("POST", "connections")},  # sending.leave
    "Push": {Use("sns:Publish", "phones")},  # test_e2e_push.py
}


@pytest.fixture
def audit(aws: Aws, state: Path) -> Audit:
    return Audit.of(aws, state / stack.AUDIT)


async def test_the_functions_use_all_that_they_are_granted_and_ask_for_nothing_else(
    site: Site, aws: Aws, ada: Person, audit: Audit
) -> None:
    for function in FUNCTIONS:
        for way in WAYS[function.name]:
            if _unused(function, audit):
                await _go(way, Cast(site, aws, ada), audit)
    await _settle(audit)

    differences = [line for function in FUNCTIONS for line in (*_refusals(function, audit), *_others(function, audit))]
    assert not differences, "\n".join(differences)


def test_the_page_on_security_says_how_many_grants_there_are() -> None:
    count = sum(len(granted(function)) for function in FUNCTIONS)

    assert (
        f"The catalogue grants {count} of these, all {count} are used" in (stack.ROOT / "docs/security.md").read_text()
    )


async def _go(way: Way, cast: Cast, audit: Audit) -> None:
    """Goes a way; a failure tells of what was refused until then, too, because that may be why."""
    try:
        await way(cast)
    except Exception as failure:
        failure.add_note("\n".join(line for function in FUNCTIONS for line in _refusals(function, audit)))
        raise


def _unused(function: Function, audit: Audit) -> frozenset[Use]:
    return granted(function) - audit.used(function.name)


async def _settle(audit: Audit) -> None:
    """Waits until everything is used; if that takes too long, the comparison says what is not."""
    with suppress(AssertionError):
        await wait_until(lambda: not any(_unused(each, audit) for each in FUNCTIONS), "all is used", SETTLE_S)


def _refusals(function: Function, audit: Audit) -> Iterator[str]:
    name = function.name
    yield from (f"{name} was refused: {use}" for use in sorted(audit.refused(name) - TAKEN_AWAY.get(name, set())))


def _others(function: Function, audit: Audit) -> Iterator[str]:
    name = function.name
    yield from (f"{name} is granted, and never used: {use}" for use in sorted(_unused(function, audit)))
    yield from (f"{name} used, and is not granted: {use}" for use in sorted(audit.used(name) - granted(function)))
