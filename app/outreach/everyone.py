"""Spreads an announcement to everyone over the queue of one channel: for so many people a message of its own."""

from dataclasses import dataclass

from app.channels.queue import Queue
from app.models.told import Told
from app.stores.users import Users
from app.together import batched

PEOPLE = 50  # in one message, as many as the topic tells of at a time


@dataclass(frozen=True, slots=True)
class Spreader:
    users: Users
    queue: Queue

    async def spread(self, told: Told) -> None:
        """Puts a page of people on the queue, and then what comes after them, so that it is all done or repeated.

        A repeat brings people twice; the claims of the channel keep them from being told twice.
        """
        page = await self.users.page(told.after)
        named = [told.model_copy(update={"recipient_ids": some, "after": None}) for some in batched(page.ids, PEOPLE)]
        await self.queue.send_all(each.to_body() for each in named)
        if page.after:
            await self.queue.send(told.model_copy(update={"after": page.after}).to_body())
