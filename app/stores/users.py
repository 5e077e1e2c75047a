"""The table Users."""

from collections.abc import Iterable
from contextlib import aclosing
from typing import NamedTuple

from app.errors import ConditionFailedError, ConflictError, NotFoundError
from app.models.ids import UserId
from app.models.users import User
from app.stores.dynamo import DynamoTable

PAGE = 1_000


class Page(NamedTuple):
    """Some people, in the order of the table."""

    ids: list[UserId]
    after: UserId | None  # after which the next page begins; None if there is none


class Users(NamedTuple):
    table: DynamoTable

    async def get(self, user_id: UserId) -> User:
        """Returns the profile, or raises NotFoundError."""
        item = await self.table.get({"userId": user_id})
        if item is None:
            raise NotFoundError
        return User.from_item(item)

    async def exists(self, user_id: UserId) -> bool:
        return await self.table.get({"userId": user_id}) is not None

    async def get_many(self, user_ids: Iterable[UserId]) -> dict[UserId, User]:
        """Returns those of at most 100 profiles that exist."""
        items = await self.table.get_many([{"userId": user_id} for user_id in dict.fromkeys(user_ids)])
        users = (User.from_item(item) for item in items)
        return {user.user_id: user for user in users}

    async def page(self, after: UserId | None) -> Page:
        """Returns at most 1,000 people who come after this one in the order of the table."""
        start = {"userId": after} if after else None
        async with aclosing(self.table.segment(0, 1, PAGE, start, "userId")) as pages:
            async for items, last in pages:
                ids = [UserId(item["userId"]["S"]) for item in items]
                return Page(ids, UserId(last["userId"]) if last else None)
        raise LookupError("a table has at least one page")

    async def create(self, user: User) -> None:
        """Writes a new profile, or raises ConflictError; finding this very one is its own lost answer, no conflict."""
        try:
            await self.table.put(user.to_item(), "attribute_not_exists(userId)")
        except ConditionFailedError:
            if await self.get(user.user_id) == user:
                return
            raise ConflictError(code="user_exists", detail="This person has a profile already.") from None

    async def replace(self, seen: User, new: User) -> None:
        """Writes `new` over `seen`; raises ConditionFailedError if `seen` is no longer what is there."""
        await self.table.put(new.to_item(), "updatedAt = :seen", seen=seen.updated_at)

    async def delete(self, user_id: UserId) -> None:
        await self.table.delete({"userId": user_id})
