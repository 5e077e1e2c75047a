"""Works off one part of a delivery: writes its rows, tells SNS, and posts to its connections, page by page.

At each page it writes down how far it has come (`course.py`). So whatever kills it, another run goes on from there, and
posts again at most to one page and to what was on its way when that began. Every step may be repeated without harm:
rows are written conditionally, of two runs only one gets past a page, a part is closed once, and clients drop the
frames that they have.
"""

import random
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from app.delivery.course import Course
from app.delivery.inbox import Inbox
from app.delivery.jobs import Jobs
from app.delivery.plan import after, left_over, live, resting, wait_s
from app.delivery.telling import Teller
from app.errors import ConditionFailedError, ThrottledError, UnavailableError
from app.log import log
from app.models.connections import Page
from app.models.deliveries import Delivery, Job, Progress
from app.models.ids import UserId, new_token
from app.models.users import User
from app.models.work import Work
from app.stores.deliveries import Deliveries
from app.stores.users import Users
from app.together import both

SETTLE_S = 4.0  # kept of the time for tidying up and for writing down how far it has come
THROTTLED_S = (5, 20)  # between these

People = dict[UserId, User]


class Part(NamedTuple):
    """One part, with all that is known of it."""

    delivery: Delivery
    work: Work
    people: People  # the profiles of its recipients; of those that still have one
    progress: Progress

    @classmethod
    def begin(cls, delivery: Delivery, work: Work, people: People, progress: Progress) -> "Part":
        return cls(delivery, work, people, progress.model_copy(update={"run": new_token()}))

    @property
    def recipients(self) -> list[UserId]:
        return [name for name in self.work.recipients(self.progress.part) if name in self.people]


class Parts(NamedTuple):
    users: Users
    inbox: Inbox
    deliveries: Deliveries
    jobs: Jobs
    teller: Teller
    now: Callable[[], datetime]

    async def work_off(self, job: Job, deadline: float) -> None:
        """Goes on with a part until it is closed, or puts it back when `deadline` (of time.monotonic) is near.

        Raises whatever its dependencies raise: then the queue brings the same job again.
        """
        delivery = await self.deliveries.get(job.message_id)
        if delivery is None or job.part not in delivery.parts:
            log("part is closed", messageId=job.message_id, part=job.part)
            return
        progress = await self.deliveries.progress(job)
        if early_s := progress.early_s(self.now()):  # a second job for the part; it may be the only one left
            await self.jobs.put_back(delivery, progress, early_s)
            return
        try:
            await self._go_on(delivery, progress, deadline)
        except ConditionFailedError:
            log("part is worked off elsewhere", messageId=job.message_id, part=job.part)
        except ThrottledError:  # many rows of one message go to one partition
            await self.jobs.put_back(delivery, progress, random.randint(*THROTTLED_S))  # noqa: S311 - jitter

    async def run(self, part: Part, deadline: float) -> Delivery:
        """Tells everybody of a part whose rows are written, and returns how its delivery stands then.

        What is left at the `deadline` is put on the queue. Raises ConditionFailedError if another run was faster,
        and UnavailableError if something does not answer, having written down the rest.
        """
        try:
            return await self._run(part, deadline - SETTLE_S)
        finally:
            self.teller.meter.write()

    async def _run(self, part: Part, until: float) -> Delivery:
        for page in left_over(part.progress):
            part = await self._saved(await self._tell(part, page, until))
        if not part.progress.read and not wait_s(part.progress):
            part = await self._saved(await self._read_on(part, until))
        if part.progress.done:
            delivery = await self._close(part.delivery, part.progress)
            self.teller.meter.closed(part.work.created_at, self.now())
            return delivery
        if part.progress.read and not part.progress.missed:
            raise UnavailableError  # only SNS is left, which the queue repeats with its own patience
        delivery = await self.jobs.put_back(part.delivery, part.progress, wait_s(part.progress))
        return delivery.counting(part.progress.tally)

    async def _go_on(self, delivery: Delivery, progress: Progress, deadline: float) -> None:
        work = await self._work(delivery)
        if work is None:  # all that it was for have been erased
            await self._close(delivery, progress)
            return
        people = await self.users.get_many(work.recipients(progress.part))
        part = Part.begin(delivery, work, people, progress)
        if work.large:
            await self.inbox.write(work, part.recipients, self.now())
        await self.run(part, deadline)

    async def _close(self, delivery: Delivery, progress: Progress) -> Delivery:
        return await self.deliveries.close(delivery, progress.part, progress.tally, self.now())

    async def _work(self, delivery: Delivery) -> Work | None:
        if delivery.large:
            return await self.deliveries.work(delivery.message_id)
        return await self.inbox.work(delivery)

    async def _tell(self, part: Part, page: Page, deadline: float) -> Part:
        reached, published = await both(self.teller.post(part.work, page, deadline), self._publish(part, deadline))
        return part._replace(progress=after(part.progress, page, reached, self.now(), published=published))

    async def _publish(self, part: Part, deadline: float) -> bool:
        if part.progress.published:
            return True
        if part.work.audience and not part.progress.part.startswith("0/"):
            return True  # the first segment tells of everyone
        if not part.work.audience and not part.recipients:
            return True  # they have left
        return await self.teller.publish(part.work, part.recipients, deadline)

    async def _saved(self, part: Part) -> Part:
        if not part.progress.done:  # else closing it says the same
            await self.deliveries.save(part.progress, self.now())
        return part

    async def _read_on(self, part: Part, until: float) -> Part:
        if part.work.audience is None:
            return await self._tell(part, await self.teller.page_of(live(part.people, part.recipients)), until)
        course = Course(self.deliveries, self.teller, part.work, part.progress, until, self.now)
        course.published = part.progress.published
        number, count = part.progress.part.split("/")
        pages = self.teller.connections.segment(int(number), int(count), part.progress.cursor, self.now)
        await both(course.run(pages), self._publish_on(course, part, until))
        progress = course.progress.model_copy(update={"published": course.published})
        part = part._replace(progress=resting(progress, self.now()))
        if course.broke_off:
            await self.deliveries.save(part.progress, self.now())
            raise UnavailableError
        return part

    async def _publish_on(self, course: Course, part: Part, until: float) -> None:
        course.published = await self._publish(part, until)
