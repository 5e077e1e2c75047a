"""What all tables have in common: items in and out of DynamoDB's own notation, and pages that are followed."""

import asyncio
import random
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from app.aws import Call
from app.errors import ThrottledError, UnavailableError
from app.models.ids import new_token
from app.together import batched

Item: TypeAlias = dict[str, Any]

_NAME = re.compile(r"#(\w+)")
MOST_IN_BATCH = 25  # writes in one BatchWriteItem
_THROTTLED_ROUNDS = 2  # of a throttled transaction, before the one that counts
_BATCH_ROUNDS = 4  # of a batch whose rest DynamoDB left unprocessed; each round is retried by the SDK as well


def encode(item: Item) -> Item:
    """Writes an item in DynamoDB's own notation: `{"read": {"BOOL": True}}`."""
    return {name: _typed(value) for name, value in item.items()}


def decode(item: Item) -> Item:
    """Returns plain Python values; every number in our tables is whole."""
    return {name: _plain(value) for name, value in item.items()}


def _typed(value: Any) -> Item:
    try:
        return _WRITTEN[type(value)](value)
    except KeyError:
        raise TypeError(f"no table of ours has a {type(value).__name__}") from None


def _plain(value: Item) -> Any:
    ((kind, content),) = value.items()
    return _READ[kind](content) if kind in _READ else content


def _list(values: Iterable[Any]) -> Item:
    return {"L": [_typed(value) for value in values]}


_WRITTEN: Mapping[type, Callable[[Any], Item]] = {
    str: lambda text: {"S": text},
    bool: lambda truth: {"BOOL": truth},
    int: lambda number: {"N": str(number)},
    type(None): lambda _: {"NULL": True},
    dict: lambda members: {"M": encode(members)},
    list: _list,
    tuple: _list,
    set: lambda texts: {"SS": list(texts)},
}
_READ: Mapping[str, Callable[[Any], Any]] = {  # what is not here is as it stands
    "N": int,
    "NULL": lambda _: None,
    "M": decode,
    "L": lambda values: [_plain(value) for value in values],
    "SS": set,
}


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
        if not keys:
            return []
        wanted: Item = {self.name: {"Keys": [encode(key) for key in keys], "ConsistentRead": True}}
        found: list[Item] = []
        for attempt in range(_BATCH_ROUNDS):
            answer = await self.call("batch_get_item", RequestItems=wanted)
            found += [decode(item) for item in answer["Responses"].get(self.name, ())]
            wanted = answer.get("UnprocessedKeys") or {}
            if not wanted:
                return found
            await asyncio.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - jitter, no secret
        raise UnavailableError

    async def put(self, item: Item, condition: str | None = None, **values: Any) -> None:
        """Writes the item; raises ConditionFailedError when the condition does not hold."""
        await self.call("put_item", TableName=self.name, Item=encode(item), **_condition(condition, values))

    async def delete(self, key: Item, condition: str | None = None, **values: Any) -> Item | None:
        """Deletes and returns the item, or None; raises ConditionFailedError when the condition does not hold."""
        parameters = {"TableName": self.name, "Key": encode(key), "ReturnValues": "ALL_OLD"}
        answer = await self.call("delete_item", **parameters, **_condition(condition, values))
        return decode(answer["Attributes"]) if answer.get("Attributes") else None

    async def delete_many(self, keys: list[Item]) -> None:
        """Deletes items, in batches; it is no error if there are none."""
        for some in batched(keys, MOST_IN_BATCH):
            rest: Item = {self.name: [{"DeleteRequest": {"Key": encode(key)}} for key in some]}
            for _ in range(_BATCH_ROUNDS):
                answer = await self.call("batch_write_item", RequestItems=rest)
                rest = answer.get("UnprocessedItems") or {}
                if not rest:
                    break
            else:
                raise UnavailableError

    async def update(self, key: Item, change: str, condition: str | None = None, **values: Any) -> Item:
        """Changes attributes and returns the item as it is then; raises ConditionFailedError like `put`.

        Without a condition an item that is not there is made.
        """
        answer = await self.call(
            "update_item",
            TableName=self.name,
            Key=encode(key),
            UpdateExpression=change,
            ReturnValues="ALL_NEW",
            **({"ConditionExpression": condition} if condition else {}),
            **_placeholders(f"{change} {condition}", values),
        )
        return decode(answer["Attributes"])

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
        """Yields all items whose key fits the key condition, page by page; without an index as of now."""
        parameters = {"TableName": self.name, "KeyConditionExpression": key, **_placeholders(key, values)}
        parameters |= {"IndexName": index} if index else {"ConsistentRead": True}
        async for items, _ in self._pages("query", parameters, {}):
            for item in items:
                yield decode(item)

    async def walk(
        self, key: str, index: str, *, page: int, newest_first: bool, after: Item | None = None, **values: Any
    ) -> AsyncGenerator[list[Item], None]:
        """Yields pages of at most `page` items of an index in the order of its sort key, from after the key `after` on.

        Only as many as are asked for are read.
        """
        parameters: Item = {
            "TableName": self.name,
            "IndexName": index,
            "KeyConditionExpression": key,
            "ScanIndexForward": not newest_first,
            "Limit": page,
            **_placeholders(key, values),
        }
        start = {"ExclusiveStartKey": encode(after)} if after else {}
        async for items, _ in self._pages("query", parameters, start):
            yield [decode(item) for item in items]

    async def count(self, key: str, index: str, **values: Any) -> int:
        """Returns how many items of an index fit the key condition."""
        parameters = {"TableName": self.name, "IndexName": index, "Select": "COUNT", "KeyConditionExpression": key}
        parameters |= _placeholders(key, values)
        total = 0
        start: Item = {}
        while True:
            answer = await self.call("query", **parameters, **start)
            total += int(answer["Count"])
            if not answer.get("LastEvaluatedKey"):
                return total
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    async def segment(
        self, number: int, count: int, limit: int, after: Item | None, attributes: str
    ) -> AsyncGenerator[tuple[list[Item], Item | None], None]:
        """Yields pages of one of `count` segments of the table, from after the key `after` on.

        Each is at most `limit` items, in DynamoDB's own notation and with these attributes only, and the key after
        which the next page begins, or None.
        """
        parameters: Item = {
            "TableName": self.name,
            "Segment": number,
            "TotalSegments": count,
            "Limit": limit,
            "ProjectionExpression": attributes,
        }
        start = {"ExclusiveStartKey": encode(after)} if after else {}
        async for items, last in self._pages("scan", parameters, start):
            yield items, decode(last) if last else None

    async def write(self, actions: list[Item]) -> None:
        """Carries out at most 100 actions, also on other tables, or none of them; raises ConditionFailedError.

        All tries go under one token, so that it counts once: what is repeated because an answer was lost finds
        itself, and no conflict.
        """
        transaction: Item = {"TransactItems": actions, "ClientRequestToken": new_token()}
        for attempt in range(_THROTTLED_ROUNDS):
            try:
                await self.call("transact_write_items", **transaction)
            except ThrottledError:  # the SDK does not repeat a cancelled transaction, which has written nothing
                await asyncio.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - jitter, no secret
            else:
                return
        await self.call("transact_write_items", **transaction)

    def put_action(self, item: Item, condition: str | None = None, **values: Any) -> Item:
        """Returns the put as one action of a transaction."""
        return {"Put": {"TableName": self.name, "Item": encode(item), **_condition(condition, values)}}

    def delete_action(self, key: Item, condition: str | None = None, **values: Any) -> Item:
        """Returns the deletion as one action of a transaction."""
        return {"Delete": {"TableName": self.name, "Key": encode(key), **_condition(condition, values)}}

    async def _pages(self, operation: str, parameters: Item, start: Item) -> AsyncIterator[tuple[list[Item], Item]]:
        while True:
            answer = await self.call(operation, **parameters, **start)
            last = answer.get("LastEvaluatedKey", {})
            yield answer["Items"], last
            if not last:
                return
            start = {"ExclusiveStartKey": last}


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
