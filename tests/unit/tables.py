"""The tables in memory, as far as messages need them; `tests/integration` makes the same claims on moto."""

import zlib
from typing import Any

from app import catalogue
from app.stores.dynamo import decode, encode
from tests.unit.aws import Aws, cancelled, condition_failed
from tests.unit.expressions import changed, holds
from tests.unit.people import Row

# ruff: noqa: N803 - the parameters have AWS's own names

BY_NAME = {table.variable.lower(): table for table in catalogue.TABLES}


class Tables:
    """Answers DynamoDB's operations. A test may put something else in the place of each, or before it."""

    def __init__(self, aws: Aws) -> None:
        self.most_in_page = 1000  # of a scan or a query; DynamoDB may end a page wherever it likes
        self._held: dict[str, dict[str, Row]] = {name: {} for name in BY_NAME}
        for operation in ("get", "put", "update", "delete", "batch_get", "batch_write"):
            aws.on(f"{operation}_item", getattr(self, operation))
        for operation in ("query", "scan", "transact_write_items"):
            aws.on(operation, getattr(self, operation))

    def rows(self, table: catalogue.Table) -> list[Row]:
        return [*self._held[table.variable.lower()].values()]

    def plant(self, table: catalogue.Table, *rows: Row) -> None:
        for row in rows:
            self._held[table.variable.lower()][_key(table.variable.lower(), row)] = row

    def clear(self, table: catalogue.Table) -> None:
        self._held[table.variable.lower()].clear()

    async def get(self, TableName: str, Key: Row, **_: Any) -> dict[str, Any]:
        item = self._item(TableName, decode(Key))
        return {"Item": encode(item)} if item else {}

    async def put(self, TableName: str, Item: Row, **condition: Any) -> dict[str, Any]:
        item = decode(Item)
        if not self._allowed(TableName, item, **condition):
            raise condition_failed()
        self._held[TableName][_key(TableName, item)] = item
        return {}

    async def update(self, TableName: str, Key: Row, UpdateExpression: str, **condition: Any) -> dict[str, Any]:
        key = decode(Key)
        if not self._allowed(TableName, key, **condition):
            raise condition_failed()
        item = changed(UpdateExpression, {**self._item(TableName, key), **key}, _values(condition))
        self._held[TableName][_key(TableName, key)] = item
        return {"Attributes": encode(item)}

    async def delete(self, TableName: str, Key: Row, **_: Any) -> dict[str, Any]:
        item = self._held[TableName].pop(_key(TableName, decode(Key)), None)
        return {"Attributes": encode(item)} if item else {}

    async def batch_get(self, RequestItems: dict[str, Any]) -> dict[str, Any]:
        ((table, asked),) = RequestItems.items()
        assert 1 <= len(asked["Keys"]) <= 100
        assert len({_key(table, decode(key)) for key in asked["Keys"]}) == len(asked["Keys"])
        found = [self._item(table, decode(key)) for key in asked["Keys"]]
        return {"Responses": {table: [encode(item) for item in found if item]}}

    async def batch_write(self, RequestItems: dict[str, Any]) -> dict[str, Any]:
        ((table, requests),) = RequestItems.items()
        assert 1 <= len(requests) <= 25
        for request in requests:
            await self.delete(table, request["DeleteRequest"]["Key"])
        return {}

    async def transact_write_items(self, TransactItems: list[dict[str, Any]], **_: Any) -> dict[str, Any]:
        actions = [action for each in TransactItems for action in each.values()]
        named = [(each["TableName"], decode(each.get("Item") or each["Key"])) for each in actions]
        assert len({(table, _key(table, key)) for table, key in named}) == len(actions) <= 100
        allowed = [self._allowed(table, key, **_of(each)) for (table, key), each in zip(named, actions, strict=True)]
        if not all(allowed):
            raise cancelled(*("None" if fine else "ConditionalCheckFailed" for fine in allowed))
        for action in actions:
            await (self.put if "Item" in action else self.delete)(**{**action, "ConditionExpression": None})
        return {}

    async def query(
        self,
        TableName: str,
        KeyConditionExpression: str,
        IndexName: str | None = None,
        Select: str = "",
        **more: Any,
    ) -> dict[str, Any]:
        table, values = BY_NAME[TableName], _values(more)
        index = table.index(IndexName) if IndexName else None
        order = [name for name in (index.sort if index else None, table.partition, table.sort) if name]
        found = [row for row in self.rows(table) if holds(KeyConditionExpression, row, values) and _is_in(index, row)]
        found.sort(key=lambda row: [row[name] for name in order], reverse=not more.get("ScanIndexForward", True))
        rest = [row for row in found if _comes_after(row, order, KeyConditionExpression, values, more)]
        page = rest[: min(more.get("Limit", self.most_in_page), self.most_in_page)]
        last = _keys(table, index, page[-1]) if len(page) < len(rest) else None
        answer = {"Count": len(page)} | (
            {} if Select == "COUNT" else {"Items": [_shown(index, table, row) for row in page]}
        )
        return answer | ({"LastEvaluatedKey": last} if last else {})

    async def scan(
        self, TableName: str, Segment: int, TotalSegments: int, ExclusiveStartKey: Row | None = None, **_: Any
    ) -> dict[str, Any]:
        after = _key(TableName, decode(ExclusiveStartKey)) if ExclusiveStartKey else ""
        keys = [key for key in self._held[TableName] if zlib.crc32(key.encode()) % TotalSegments == Segment]
        rest = sorted(key for key in keys if key > after)
        page = [encode(self._held[TableName][key]) for key in rest[: self.most_in_page]]
        last = {name: page[-1][name] for name in _names(TableName)} if len(rest) > self.most_in_page else None
        return {"Items": page, **({"LastEvaluatedKey": last} if last else {})}

    def _item(self, table: str, key: Row) -> Row:
        """Returns the item of a key, or an empty one."""
        return self._held[table].get(_key(table, key), {})

    def _allowed(self, TableName: str, key: Row, ConditionExpression: str | None = None, **more: Any) -> bool:
        if ConditionExpression is None:
            return True
        return holds(ConditionExpression, self._item(TableName, key), _values(more))


def _values(parameters: dict[str, Any]) -> Row:
    given = parameters.get("ExpressionAttributeValues", {})
    return {name[1:]: value for name, value in decode(given).items()}


def _of(action: dict[str, Any]) -> dict[str, Any]:
    """Returns the condition of one action of a transaction."""
    return {name: value for name, value in action.items() if "Expression" in name}


def _names(table: str) -> list[str]:
    return [name for name in (BY_NAME[table].partition, BY_NAME[table].sort) if name]


def _is_in(index: catalogue.Index | None, row: Row) -> bool:
    """Whether an index has a row: it passes over those without its keys."""
    return index is None or all(name in row for name in (index.partition, index.sort) if name)


def _comes_after(row: Row, order: list[str], condition: str, values: Row, more: dict[str, Any]) -> bool:
    if not (start := decode(more.get("ExclusiveStartKey", {}))):
        return True
    assert holds(condition, start, values)  # else DynamoDB refuses it
    place, first = [row[name] for name in order], [start[name] for name in order]
    return place > first if more.get("ScanIndexForward", True) else place < first


def _keys(table: catalogue.Table, index: catalogue.Index | None, row: Row) -> Row:
    names = {table.partition, table.sort, *((index.partition, index.sort) if index else ())}
    return encode({name: row[name] for name in names if name})


def _shown(index: catalogue.Index | None, table: catalogue.Table, row: Row) -> Row:
    return _keys(table, index, row) if index and index.projection == "KEYS_ONLY" else encode(row)


def _key(table: str, row: Row) -> str:
    return "|".join(row[name] for name in _names(table))
