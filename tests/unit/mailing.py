"""What the tests of mail share: people with an address, and a look at whom SES was asked to send to."""

from collections.abc import Awaitable, Callable
from typing import Any

from app.catalogue import USERS
from app.handlers import mails
from app.models.told import Told
from tests.unit.aws import Aws
from tests.unit.delivering import Site
from tests.unit.events import Remaining, lines
from tests.unit.people import Row, person


def settle(site: Site, *people: str, quiet_hours: Any = None, **channels: bool) -> None:
    """Gives people a profile, whose address begins with their name, and no connection."""
    for name in people:
        row = person(name, name)
        row["settings"]["channels"] |= channels
        row["settings"] |= {"quietHours": quiet_hours} if quiet_hours else {}
        site.tables.plant(USERS, row)


async def mail(site: Site, what: Told) -> None:
    await site.app.mailing.mail(what)


def mailed(aws: Aws) -> list[str]:
    """Returns whom SES was asked to send to, in the order of their names."""
    return sorted(call["Destination"]["ToAddresses"][0].partition("@")[0] for call in aws.named("send_email"))


def logged(out: str, event: str) -> list[Row]:
    """Returns the lines of a log that say this; metrics stand between them."""
    return [line for line in lines(out) if line.get("event") == event]


def failing(*unlucky: str, error: Exception) -> Callable[..., Awaitable[dict[str, Any]]]:
    """Returns what SES does that fails for some."""

    async def send(Destination: dict[str, list[str]], **_: Any) -> dict[str, Any]:  # noqa: N803 - AWS's own name
        if Destination["ToAddresses"][0].partition("@")[0] in unlucky:
            raise error
        return {"MessageId": "m"}

    return send


def event(what: Told | str) -> dict[str, Any]:
    body = what if isinstance(what, str) else what.to_body()
    attributes = {"ApproximateReceiveCount": "1"}
    return {"Records": [{"messageId": "q1", "receiptHandle": "r1", "body": body, "attributes": attributes}]}


async def receive(site: Site, what: Told | str) -> bool:
    """Has the function receive what the queue brings; returns whether it was done with it."""
    answer = await mails.send.answer(lambda: site.app, event(what), Remaining(30_000))
    return not answer["batchItemFailures"]
