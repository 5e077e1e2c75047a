"""DynamoDB, SNS and SQS as one worker sees them that works off an announcement to very many connections.

    python -m tests.bench.aws_stand_in PORT CONNECTIONS

A process of its own, over TLS, so that the worker pays for everything that the SDK does with each call. All answers
come some milliseconds after they were asked for. It keeps how far the part has come; `GET /` tells that.
"""

import json
import os
import ssl
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeAlias

from app.catalogue import DELIVERIES, EVERYONE, MESSAGES
from app.delivery.plan import message
from app.models.connections import Connection
from app.models.deliveries import Delivery
from app.models.ids import ConnectionId, MessageId, UserId
from app.models.times import iso, utc_now
from app.models.work import Work
from app.stores.connections import PAGE
from app.stores.dynamo import decode, encode

MESSAGE = MessageId("5e" * 16)
ANSWERS_S = 0.005
NOW = utc_now()
WORK = Work(
    message_id=MESSAGE,
    sender_id=UserId("9b2d6f60-0f3c-4b0e-8f3c-0d2f0a6f1c11"),
    audience="everyone",
    recipient_ids=[],
    title="A title",
    content="x" * 20,  # makes a frame of about 290 bytes
    priority="normal",
    created_at=iso(NOW),
)
_DELIVERY = encode(Delivery.accepted(WORK, "0" * 64, NOW).to_item())
Body: TypeAlias = Mapping[str, Any]


@dataclass(slots=True)
class Kept:
    """What the tables hold beside the connections, and what the worker has said of its work."""

    rows: dict[str, list[Body]]  # by table, as DynamoDB writes them
    put_back_s: int | None = None  # what the last job that it has put on the queue has to wait
    closed: bool = False
    told: int = 0  # connections that were posted to, or are to be tried again


KEPT = Kept({DELIVERIES.variable: [_DELIVERY], MESSAGES.variable: [encode(message(WORK, UserId(EVERYONE)).to_item())]})


def _get_item(body: Body) -> Body:
    for row in reversed(KEPT.rows[body["TableName"]]):
        if all(row.get(name) == value for name, value in body["Key"].items()):
            return {"Item": row}
    return {}


def _put_item(body: Body) -> Body:
    KEPT.rows[body["TableName"]].append(body["Item"])
    if progress := decode(body["Item"]).get("progress"):
        KEPT.told = sum(progress["tally"].values()) + len(progress.get("missed", ()))
    return {}


def _query(body: Body) -> Body:
    """Answers that what it knows of a table is what was looked for: there is one message, and one delivery."""
    rows = KEPT.rows[body["TableName"]]
    return {"Items": rows, "Count": len(rows), "ScannedCount": len(rows)}


def _update_item(body: Body) -> Body:
    values = decode(body["ExpressionAttributeValues"])
    if ":posted" in values:  # the part is closed with its tally
        KEPT.closed, KEPT.told = True, values[":posted"] + values[":gone"] + values[":failed"]
    return {"Attributes": _DELIVERY}


def _send_message(body: Body) -> Body:
    KEPT.put_back_s = body["DelaySeconds"]
    return {"MessageId": "m"}


def _batch_get_item(body: Body) -> Body:
    """Answers that every connection is there, and old enough to be forgotten."""
    ((table, wanted),) = body["RequestItems"].items()
    rows = [_row(key["connectionId"]["S"]) for key in wanted["Keys"]]
    return {"Responses": {table: rows}, "UnprocessedKeys": {}}


def _row(name: str) -> Body:
    token_ends = int(NOW.timestamp()) + 3600
    return encode(Connection.open(ConnectionId(name), UserId("u"), token_ends, NOW - timedelta(hours=1)).to_item())


def _nothing(_: Body) -> Body:
    return {}


@cache
def _scan(start: str, connections: int) -> bytes:
    """Returns one page of all connections, as the worker's projection has it."""
    first = int(start[4:12]) + 1 if start else 0
    names = [f"FYnv{number:08d}jMCKlg=" for number in range(first, min(first + PAGE, connections))]
    items = [{name: row[name] for name in ("connectionId", "expiresAt")} for row in map(_row, names)]
    page: dict[str, Any] = {"Items": items, "Count": len(items), "ScannedCount": len(items)}
    if first + PAGE < connections:
        page["LastEvaluatedKey"] = {"connectionId": {"S": names[-1]}}
    return json.dumps(page).encode()


ANSWERS: Mapping[str, Callable[[Body], Body]] = {
    "GetItem": _get_item,
    "Query": _query,
    "UpdateItem": _update_item,
    "BatchGetItem": _batch_get_item,
    "BatchWriteItem": _nothing,
    "PutItem": _put_item,
    "SendMessage": _send_message,
    "ChangeMessageVisibility": _nothing,
}
_PUBLISHED = (
    b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m</MessageId>'
    b"</PublishResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishResponse>"
)


class Asked(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    connections = 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        operation = self.headers.get("X-Amz-Target", ".Publish").partition(".")[2]
        answer = self._answer(operation, body)
        time.sleep(ANSWERS_S)
        self._send(answer, "text/xml" if operation == "Publish" else "application/x-amz-json-1.0")

    def do_GET(self) -> None:
        kept = {"put_back_s": KEPT.put_back_s, "closed": KEPT.closed, "told": KEPT.told}
        self._send(json.dumps(kept).encode(), "application/json")

    def _send(self, answer: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(answer)

    def _answer(self, operation: str, body: bytes) -> bytes:
        if operation == "Publish":
            return _PUBLISHED
        asked = json.loads(body)
        if operation == "Scan":
            start = asked.get("ExclusiveStartKey", {}).get("connectionId", {}).get("S", "")
            return _scan(start, self.connections)
        return json.dumps(ANSWERS[operation](asked)).encode()

    def log_message(self, *_: Any) -> None:
        """Says nothing: the figures are what is to be read."""


def main(port: int, connections: int) -> None:
    Asked.connections = connections
    for first in range(0, connections, PAGE):  # made before anybody waits for them
        _scan(f"FYnv{first - 1:08d}jMCKlg=" if first else "", connections)
    server = ThreadingHTTPServer(("127.0.0.1", port), Asked)
    server.socket = _context().wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


def _context() -> ssl.SSLContext:
    folder = Path(os.environ["AWS_CA_BUNDLE"]).parent
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "chain.pem", folder / "key.pem")
    return context


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
