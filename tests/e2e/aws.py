"""A look behind the stack's API: its tables, its user pool, its logs."""

import asyncio
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from laptop.endpoints import Endpoints

WAIT_S = 15.0
_STEP_S = 0.05
T = TypeVar("T")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Aws:
    """The SDK's clients at the stand-in's endpoint, with the rights of the account's root."""

    endpoints: Endpoints
    dynamodb: Any
    cognito: Any
    sns: Any
    sqs: Any
    logs: Any
    functions: Any
    events: Any

    @classmethod
    def at(cls, endpoints: Endpoints) -> "Aws":
        session = boto3.Session("test", "test", region_name=endpoints.region)
        names = ("dynamodb", "cognito-idp", "sns", "sqs", "logs", "lambda", "events")
        return cls(endpoints, *(session.client(name, endpoint_url=endpoints.aws) for name in names))

    def close(self) -> None:
        for each in fields(self)[1:]:
            getattr(self, each.name).close()

    def rows(self, table: str, **wanted: object) -> list[Row]:
        """Returns the rows of a table that have these attributes."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.endpoints.tables[table])
        rows = [_plain(item) for page in pages for item in page["Items"]]
        return [row for row in rows if wanted.items() <= {name: _hashable(row[name]) for name in row}.items()]

    def put(self, table: str, **attributes: object) -> None:
        """Writes a row over whatever is there."""
        item = {name: TypeSerializer().serialize(value) for name, value in attributes.items()}
        self.dynamodb.put_item(TableName=self.endpoints.tables[table], Item=item)

    def change(self, table: str, row: Row, **attributes: object) -> None:
        """Writes a row again with other values."""
        self.put(table, **{**row, **attributes})

    def in_pool(self, email: str) -> Row | None:
        """Returns who signs in with this address, or None."""
        filters = {"UserPoolId": self.endpoints.userPoolId, "Filter": f'email = "{email}"'}
        users: list[Row] = self.cognito.list_users(**filters)["Users"]
        return users[0] if users else None

    def function(self, name: str) -> Row:
        """Returns what Lambda knows of the function that the catalogue calls so."""
        functions: list[Row] = self.functions.list_functions()["Functions"]
        [found] = [each for each in functions if f"-{name}" in each["FunctionName"]]
        return found

    def invoke(self, name: str, event: Row) -> object:
        """Calls a function and returns its answer; it must not fail."""
        answer = self.functions.invoke(
            FunctionName=self.function(name)["FunctionName"], Payload=json.dumps(event).encode()
        )
        assert "FunctionError" not in answer, answer
        return json.loads(answer["Payload"].read() or b"null")

    def bring(self, name: str, message: Row, receives: int = 1) -> bool:
        """Hands a message to a function as its queue does; returns whether the function was done with it."""
        record = {"messageId": uuid.uuid4().hex, "receiptHandle": "none", "body": json.dumps(message)}
        event = {"Records": [{**record, "attributes": {"ApproximateReceiveCount": str(receives)}}]}
        return self.invoke(name, event) == {"batchItemFailures": []}

    def function_logs(self) -> str:
        """Returns all that the functions have logged."""
        groups = [group["logGroupName"] for group in self.logs.describe_log_groups()["logGroups"]]
        pages = self.logs.get_paginator("filter_log_events").paginate
        return "\n".join(
            event["message"] for group in groups for page in pages(logGroupName=group) for event in page["events"]
        )


async def wait_until(look: Callable[[], T], what: str, timeout_s: float = WAIT_S) -> T:
    """Looks again and again until there is something true to see, and returns it."""
    deadline = time.monotonic() + timeout_s
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout_s:.0f} s")
        await asyncio.sleep(_STEP_S)
    return seen


def _plain(item: Row) -> Row:
    read = TypeDeserializer().deserialize
    return {name: read(value) for name, value in item.items()}


def _hashable(value: object) -> object:
    return value if isinstance(value, str | int | bool) else repr(value)
