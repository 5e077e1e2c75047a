"""What DynamoDB bills for reading and writing: units, reckoned from what was asked and answered.

Write units are MiniStack's, which follow DynamoDB's rules: one for each KB, twice in a transaction, and again for each
index that changes. Its read units do not, so they are reckoned here: one for 4 KB of what is read, half if it may be
stale; each item of a batch is rounded up by itself, the items of a query or scan together.
"""

import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

READ_BYTES = 4096  # of one unit
READS = ("get_item", "batch_get_item", "query", "scan")
# What shows less of an item than is read.
_HIDING = ("Select", "ProjectionExpression")

Item: TypeAlias = Mapping[str, Mapping[str, Any]]
Request: TypeAlias = Mapping[str, Any]
Again: TypeAlias = Callable[[dict[str, Any]], Awaitable[Request]]  # makes a request like the one that was made


async def read_units(again: Again, operation: str, asked: Request, answer: Request) -> float:
    """Returns the units of one read; of what is counted or shown in part, all is read once more to see its size."""
    if operation == "batch_get_item":
        return _of_batch(asked, answer)
    if any(name in asked for name in _HIDING):
        answer = await again({name: value for name, value in asked.items() if name not in _HIDING})
    consistent = asked.get("ConsistentRead", False)
    items = [answer.get("Item", {})] if operation == "get_item" else answer["Items"]
    return _units(*items, consistent=consistent)


def write_units(consumed: Any) -> float:
    """Returns the units in the `ConsumedCapacity` of an answer."""
    return float(sum(each["CapacityUnits"] for each in (consumed if isinstance(consumed, list) else [consumed])))


def _of_batch(asked: Request, answer: Request) -> float:
    ((table, keys),) = asked["RequestItems"].items()
    items = answer["Responses"].get(table, [])
    absent = len(keys["Keys"]) - len(items)
    consistent = keys.get("ConsistentRead", False)
    return absent * _units(consistent=consistent) + sum(_units(item, consistent=consistent) for item in items)


def _units(*items: Item, consistent: bool) -> float:
    size = sum(len(name.encode()) + _size(value) for item in items for name, value in item.items())
    return max(1, math.ceil(size / READ_BYTES)) * (1.0 if consistent else 0.5)


def _size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    return len(content.encode()) if kind == "S" else len(str(content)) if kind != "BOOL" else 1
