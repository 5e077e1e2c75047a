"""What stands in for AWS here: it answers what a test says, operation by operation, and keeps every call."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeAlias

from botocore.exceptions import ClientError

from app.aws import Clients, ServiceName
from app.stores.dynamo import decode, encode
from tests.unit.people import Row

Reply: TypeAlias = dict[str, Any] | BaseException | Callable[..., Awaitable[dict[str, Any]]]

HELD_BY_DEFAULT: dict[str, Reply] = {"query": {"Items": []}, "scan": {"Items": []}}


class Aws:
    """A `Call`: `replies[operation]` are used up in order, and the last of them stays."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.replies: dict[str, list[Reply]] = {}

    def on(self, operation: str, *replies: Reply) -> None:
        self.replies[operation] = list(replies)

    async def __call__(self, operation: str, **parameters: Any) -> dict[str, Any]:
        self.calls.append((operation, parameters))
        replies = self.replies.get(operation) or [HELD_BY_DEFAULT.get(operation, {})]
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, BaseException):
            raise reply
        return await reply(**parameters) if callable(reply) else reply

    def named(self, operation: str) -> list[dict[str, Any]]:
        """Returns the parameters of every call of one operation."""
        return [parameters for name, parameters in self.calls if name == operation]

    def operations(self) -> list[str]:
        return [name for name, _ in self.calls]


class Doubles(Clients):
    """Clients that all lead to one Aws; the errors that it raises pass through `app.aws` like AWS's own."""

    def __init__(self, aws: Aws) -> None:
        super().__init__("https://sockets.example.test/default")
        self.aws = aws

    async def get(self, name: ServiceName) -> Any:  # noqa: ARG002 - the base class has it
        return _Client(self.aws)

    async def sdk(self, name: ServiceName) -> Any:
        return await self.get(name)


class _Client:
    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def __getattr__(self, operation: str) -> Callable[..., Awaitable[dict[str, Any]]]:
        return partial(self._aws, operation)


def refusal(code: str, status: int = 400, text: str = "", **more: Any) -> ClientError:
    """Returns the SDK's error for an answer of AWS."""
    answer = {"Error": {"Code": code, "Message": text}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}
    return ClientError(answer, "Operation")


def condition_failed() -> ClientError:
    return refusal("ConditionalCheckFailedException")


def cancelled(*reasons: str) -> ClientError:
    """Returns the error of a transaction that was not carried out."""
    listed = [{"Code": reason} for reason in reasons]
    return refusal("TransactionCanceledException", CancellationReasons=listed)


def down() -> ClientError:
    return refusal("InternalServerError", 500)


def held(item: Row) -> dict[str, Any]:
    """Returns the answer of a get_item that finds the item."""
    return {"Item": encode(item)}


def page(*items: Row) -> dict[str, Any]:
    return {"Items": [encode(item) for item in items]}


def batch(*items: Row) -> Callable[..., Awaitable[dict[str, Any]]]:
    """Returns a batch_get_item that finds those of the items that are asked for."""

    async def answer(RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - AWS's own name
        ((table, asked),) = RequestItems.items()
        wanted = [decode(key)["userId"] for key in asked["Keys"]]
        return {"Responses": {table: [encode(item) for item in items if item["userId"] in wanted]}}

    return answer


async def hang(**_: Any) -> dict[str, Any]:
    await asyncio.Event().wait()
    raise AssertionError
