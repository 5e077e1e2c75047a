"""What the tests of `POST /messages` share: a site with people, their connections, and a message to send."""

from typing import Any

from app.handlers import messages
from app.models.deliveries import Delivery
from app.models.ids import UserId, keyed_message_id
from app.runtime import App
from app.stores.dynamo import decode
from tests.unit.aws import Aws, batch, page
from tests.unit.events import Answer, ask, claims, http_event
from tests.unit.people import ADA, BOB, CLEO, Row, person

KEY = "5b0c6a1e"
MESSAGE = keyed_message_id(UserId(ADA), KEY)
BODY = {"recipientIds": [BOB, CLEO], "content": "hello", "title": "Hi"}
TO_ALL = {"audience": "everyone", "content": "hello"}
ADMIN = claims(admin=True)

ALL = (person(ADA, "Ada"), person(BOB, "Bob"), person(CLEO, "Cleo"))


def site(aws: Aws, *people: Row) -> None:
    """Everybody has a profile and one connection, named after them."""

    async def connections(ExpressionAttributeValues: Row, **_: Any) -> dict[str, Any]:  # noqa: N803 - AWS's own name
        return page({"connectionId": f"c-{ExpressionAttributeValues[':user']['S']}"})

    aws.on("batch_get_item", batch(*(people or ALL)))
    aws.on("query", connections)
    aws.on("scan", page(*({"connectionId": f"c-{who['userId']}"} for who in ALL)))


async def send(app: App, body: Any = BODY, *, key: str | None = None, ms: int = 20_000, **event: Any) -> Answer:
    headers = {} if key is None else {"idempotency-key": key}
    return await ask(messages.send, app, http_event(body, headers=headers, **event), ms)


def rows(aws: Aws) -> list[tuple[str, Row]]:
    """Returns what the one transaction puts: table and item."""
    (transaction,) = aws.named("transact_write_items")
    puts = [action["Put"] for action in transaction["TransactItems"]]
    return [(put["TableName"], decode(put["Item"])) for put in puts]


def written(aws: Aws) -> Delivery:
    """Returns the delivery row of the transaction."""
    return Delivery.from_item(rows(aws)[0][1])


def posted(aws: Aws) -> list[str]:
    return sorted(call["ConnectionId"] for call in aws.named("post_to_connection"))


def told(aws: Aws) -> set[str]:
    """Returns which of the two ways out were tried."""
    return {"post_to_connection", "publish"} & set(aws.operations())
