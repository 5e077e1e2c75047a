"""Posts to page after page of connections in one stream, so that a slow connection holds up nobody but itself.

At the end of each page it writes down where it is: the next page, what was reached, and the ids of which nothing is
known yet. So another run can go on from there at any time; it posts again to those few, and to what came after them.
"""

import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime

from app.delivery.lane import Outcome
from app.delivery.plan import MOST_MISSED, frame
from app.delivery.telling import Teller
from app.errors import UnavailableError
from app.log import log_exception
from app.models.connections import Page
from app.models.deliveries import Progress, Tally
from app.models.ids import ConnectionId
from app.models.work import Work
from app.stores.deliveries import Deliveries
from app.together import ahead

PAGE_S = 15.0  # no page is begun with less time left: 2,000 posts take 2 s, or 8 when they are throttled


class NotWrittenError(Exception):
    """It is unknown where this run is; another has to go on from where it last was known."""


@dataclass(slots=True)
class Course:
    """One run over the pages of a segment; `progress` is where it begins, and moves on with it."""

    deliveries: Deliveries
    teller: Teller
    work: Work
    progress: Progress
    deadline: float  # of time.monotonic; every post is over by then
    now: Callable[[], datetime]
    published: bool = False  # may become true on the way
    broke_off: bool = False  # something that it needs did not answer
    _open: dict[ConnectionId, None] = field(default_factory=dict)  # read, and nothing is known of it yet
    _tally: Counter[str] = field(default_factory=Counter)  # since the last look
    _gone: list[ConnectionId] = field(default_factory=list)
    _missed: list[ConnectionId] = field(default_factory=list)
    _expired: list[ConnectionId] = field(default_factory=list)

    async def run(self, pages: AsyncGenerator[Page, None]) -> None:
        """Posts until the pages or the time are at an end; where it is then is not written down yet.

        Raises ConditionFailedError if another run was faster, and NotWrittenError.
        """
        try:
            await self._post(pages)
        except UnavailableError as error:  # what was not tried is tried again
            log_exception("posting broke off", error, messageId=self.work.message_id)
            self.broke_off = True
        self.progress = self._account()
        await self.teller.tidy.forget(self._gone)
        await self.teller.tidy.end(self._expired)

    async def _post(self, pages: AsyncGenerator[Page, None]) -> None:
        budget_s = self.deadline - time.monotonic()
        posting = self.teller.lane.post(self._ids(pages), frame(self.work), budget_s=budget_s)
        async with aclosing(posting) as outcomes:
            async for connection, outcome in outcomes:
                del self._open[connection]
                if outcome is Outcome.POSTED:
                    self._tally["posted"] += 1
                else:
                    self._note(connection, outcome)

    def _note(self, connection: ConnectionId, outcome: Outcome) -> None:
        self.teller.meter.count(outcome)
        if outcome is Outcome.GONE:
            self._tally["gone"] += 1
            self._gone.append(connection)
        elif outcome is Outcome.REFUSED:
            self._tally["failed"] += 1
        else:
            self._missed.append(connection)

    async def _ids(self, pages: AsyncGenerator[Page, None]) -> AsyncGenerator[ConnectionId, None]:
        async with aclosing(ahead(pages)) as read:
            async for page in read:
                self._begin(page)
                for connection in page.live:
                    yield connection
                if self.progress.read or self._has_to_stop():
                    return
                await self._write_down()

    def _begin(self, page: Page) -> None:
        self._open.update(dict.fromkeys(page.live))
        self._expired.extend(page.expired)
        self.progress = self.progress.model_copy(update={"cursor": page.cursor, "read": page.cursor is None})

    def _has_to_stop(self) -> bool:
        late = self.deadline - time.monotonic() < PAGE_S
        return late or len(self.progress.missed) + len(self._missed) >= MOST_MISSED

    async def _write_down(self) -> None:
        """Writes down how far it is; no other post begins meanwhile, so that a crash repeats no more than a page."""
        try:
            await self.deliveries.save(self._account(), self.now())
        except UnavailableError as error:
            raise NotWrittenError from error

    def _account(self) -> Progress:
        """Moves `progress` on to what is known by now, and returns it with what is not among the missed ones."""
        self.progress = self.progress.model_copy(
            update={
                "version": self.progress.version + 1,
                "published": self.published,
                "tally": self.progress.tally + Tally(**self._tally),
                "missed": [*self.progress.missed, *self._missed],
            }
        )
        self.teller.meter.count(Outcome.POSTED, self._tally["posted"])
        self._tally, self._missed = Counter(), []
        return self.progress.model_copy(update={"missed": [*self.progress.missed, *self._open]})
