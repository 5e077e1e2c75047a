"""What all tables have in common: items in and out of DynamoDB's own notation, and pages that are followed."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from app.aws import Call
from app.errors import UnavailableError

Item: TypeAlias = dict[str, Any]

_NAME = re.compile(r"#(\w+)")
_BATCH_ROUNDS = 4  # of a batch whose rest DynamoDB left unprocessed; each round is retried by the SDK as well


def encode(item: Item) -> Item:
    from boto3.dynamodb.types import TypeSerializer  # noqa: PLC0415 - part of the SDK's import, see app.aws

    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in item.items()}


def decode(item: Item) -> Item:
    """Returns plain Python values; every number in our tables is whole."""
    from boto3.dynamodb.types import TypeDeserializer  # noqa: PLC0415 - part of the SDK's import, see app.aws

    deserialize = TypeDeserializer().deserialize
    return {name: _plain(deserialize(value)) for name, value in item.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    return [_plain(member) for member in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class DynamoTable:
    """One deployed table.

    In expressions `:name` is the value given under that name, and `#name` the attribute of that name: needed for
    the words that DynamoDB reserves (`timestamp`, `state`), allowed for all.
    """

    call: Call
    name: str

    async def get(self, key: Item) -> Item | None:
        """Returns the item as of now (a consistent read), or None."""
        answer = await self.call("get_item", TableName=self.name, Key=encode(key), ConsistentRead=True)
        return decode(answer["Item"]) if "Item" in answer else None

    async def get_many(self, keys: list[Item]) -> list[Item]:
        """Returns those of at most 100 items that exist, in any order, read consistently."""
        wanted: Item = {self.name: {"Keys": [encode(key) for key in keys], "ConsistentRead": True}}
        found: list[Item] = []
        for _ in range(_BATCH_ROUNDS):
            answer = await self.call("batch_get_item", RequestItems=wanted)
            found += [decode(item) for item in answer["Responses"].get(self.name, ())]
            wanted = answer.get("UnprocessedKeys") or {}
            if not wanted:
                return found
        raise UnavailableError

    async def put(self, item: Item, condition: str | None = None, **values: Any) -> None:
        """Writes the item; raises ConditionFailedError when the condition does not hold."""
        await self.call("put_item", TableName=self.name, Item=encode(item), **_condition(condition, values))

    async def delete(self, key: Item, condition: str | None = None, **values: Any) -> Item | None:
        """Deletes and returns the item, or None; raises ConditionFailedError when the condition does not hold."""
        parameters = {"TableName": self.name, "Key": encode(key), "ReturnValues": "ALL_OLD"}
        answer = await self.call("delete_item", **parameters, **_condition(condition, values))
        return decode(answer["Attributes"]) if answer.get("Attributes") else None

    async def update(self, key: Item, change: str, condition: str, **values: Any) -> None:
        """Changes attributes of an item; raises ConditionFailedError when the condition does not hold."""
        await self.call(
            "update_item",
            TableName=self.name,
            Key=encode(key),
            UpdateExpression=change,
            ConditionExpression=condition,
            **_placeholders(f"{change} {condition}", values),
        )

    async def last(self, count: int, key: str, index: str, **values: Any) -> list[Item]:
        """Returns those items, at most `count`, whose key fits the key condition and which sort last."""
        answer = await self.call(
            "query",
            TableName=self.name,
            IndexName=index,
            KeyConditionExpression=key,
            ScanIndexForward=False,
            Limit=count,
            **_placeholders(key, values),
        )
        return [decode(item) for item in answer["Items"]]

    async def query(self, key: str, index: str | None = None, **values: Any) -> AsyncIterator[Item]:
        """Yields all items whose key fits the key condition, page by page."""
        parameters = {"TableName": self.name, "KeyConditionExpression": key, **_placeholders(key, values)}
        if index:
            parameters["IndexName"] = index
        async for item in self._pages("query", parameters):
            yield item

    async def scan(self, only: str, **values: Any) -> AsyncIterator[Item]:
        """Yields all items of the table that fit the filter, page by page."""
        parameters = {"TableName": self.name, "FilterExpression": only, **_placeholders(only, values)}
        async for item in self._pages("scan", parameters):
            yield item

    def put_action(self, item: Item, condition: str) -> Item:
        """Returns the put as one action of a transaction."""
        return {"Put": {"TableName": self.name, "Item": encode(item), "ConditionExpression": condition}}

    async def _pages(self, operation: str, parameters: Item) -> AsyncIterator[Item]:
        start: Item = {}
        while True:
            answer = await self.call(operation, **parameters, **start)
            for item in answer["Items"]:
                yield decode(item)
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _condition(expression: str | None, values: Item) -> Item:
    if expression is None:
        return {}
    return {"ConditionExpression": expression, **_placeholders(expression, values)}


def _placeholders(expression: str, values: Item) -> Item:
    # DynamoDB refuses both of these when they are empty.
    parameters: Item = {}
    if names := _NAME.findall(expression):
        parameters["ExpressionAttributeNames"] = {f"#{name}": name for name in names}
    if values:
        parameters["ExpressionAttributeValues"] = {f":{name}": value for name, value in encode(values).items()}
    return parameters
