"""What tables with a `createdAt` have in common: the rows of one owner in the order of time."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from app.resources import Index, Table
from app.stores.dynamo import DynamoTable, Item


@dataclass(frozen=True, slots=True)
class Start:
    """Where to begin: with the rows of the moment `at`, or after the one of them that has this id."""

    at: str
    row_id: str | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """One index of a table, sorted by `createdAt`."""

    table: DynamoTable
    declared: Table
    index: Index

    async def rows(
        self, owner: str, start: Start | None, *, page: int, newest_first: bool
    ) -> AsyncGenerator[list[Item], None]:
        """Yields pages of what an owner has, from `start` on; only what is asked for is read."""
        key, values, after = f"{self.index.partition} = :owner", {"owner": owner}, None
        if start and start.row_id:
            after = self._key(owner, start)
        elif start:
            key += f" AND createdAt {'<=' if newest_first else '>='} :at"
            values["at"] = start.at
        walk = self.table.walk(key, self.index.name, page=page, newest_first=newest_first, after=after, **values)
        async with aclosing(walk) as pages:
            async for items in pages:
                yield items

    def _key(self, owner: str, start: Start) -> Item:
        """Returns the whole key of a row in the index; it need not be there any more."""
        keys = {self.declared.partition: start.row_id, self.index.partition: owner, "createdAt": start.at}
        return keys if self.declared.sort is None else {**keys, self.declared.sort: owner}
