"""What the tests of `POST /messages` share: a message to send, and a look at what became of it."""

from typing import Any

from app.catalogue import DELIVERIES
from app.handlers import messages
from app.models.ids import UserId, keyed_message_id
from app.stores.dynamo import decode
from tests.unit.aws import Reply
from tests.unit.delivering import Site
from tests.unit.events import Answer, ask, claims, http_event
from tests.unit.people import ADA, BOB, CLEO, Row

KEY = "5b0c6a1e"
MESSAGE = keyed_message_id(UserId(ADA), KEY)
BODY = {"recipientIds": [BOB, CLEO], "content": "hello", "title": "Hi"}
TO_ALL = {"audience": "everyone", "content": "hello"}
ADMIN = claims(admin=True)
BOBS, CLEOS = f"c-{BOB}", f"c-{CLEO}"


def to(*recipients: str) -> dict[str, Any]:
    return {"recipientIds": [*recipients], "content": "hello"}


async def send(site: Site, body: Any = BODY, *, key: str | None = None, ms: int = 25_000, **event: Any) -> Answer:
    headers = {} if key is None else {"idempotency-key": key}
    return await ask(messages.send, site.app, http_event(body, headers=headers, **event), ms)


def rows(site: Site) -> list[tuple[str, Row]]:
    """Returns what the one transaction puts: table and item."""
    (transaction,) = site.aws.named("transact_write_items")
    puts = [action["Put"] for action in transaction["TransactItems"]]
    return [(put["TableName"], decode(put["Item"])) for put in puts]


def state(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body["delivery"]["state"]


def counts(answer: Answer) -> tuple[int, int, int]:
    report = answer.body["delivery"]["connections"]
    return report["posted"], report["gone"], report["failed"]


def counted(site: Site, operation: str, reply: Reply) -> None:
    """Has an operation answer so once the send itself has been counted, which is the first `update_item`."""
    first = [site.tables.update] if operation == "update_item" else []
    site.aws.on(operation, *first, reply)


def deliveries(site: Site) -> list[Row]:
    """Returns what is in the table Deliveries without the counts of sends."""
    return [row for row in site.tables.rows(DELIVERIES) if "sends" not in row]


def told(site: Site) -> set[str]:
    """Returns which ways out were tried, that to the queue among them."""
    return {"post", "publish", "send_message", "send_message_batch"} & set(site.aws.operations())
