"""What people are called."""

import asyncio
from collections.abc import Iterable

from laptop.door import Door
from laptop.errors import LaptopError

LOOK_UP_S = 5.0  # what is shown waits for it


class Names:
    """Finds out first names and remembers them."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._known: dict[str, str] = {}

    def of(self, user_id: str) -> str:
        """The name that was learnt; "Somebody" for who is gone."""
        return "You" if user_id == self._door.me.userId else self._known.get(user_id, "Somebody")

    async def learn(self, user_ids: Iterable[str]) -> None:
        """Looks up those that are not known yet; whoever cannot be found is tried again the next time."""
        unknown = set(user_ids) - self._known.keys() - {self._door.me.userId}
        await asyncio.gather(*(self._learn(each) for each in unknown))

    async def _learn(self, user_id: str) -> None:
        try:
            async with asyncio.timeout(LOOK_UP_S):
                self._known[user_id] = (await self._door.api.call("GET", f"/users/{user_id}"))["firstName"]
        except (LaptopError, TimeoutError):
            return
