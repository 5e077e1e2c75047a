"""A post lane that does what a test says."""

import math
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from app.delivery.lane import Outcome
from app.models.ids import ConnectionId
from tests.unit.aws import Aws

Step = Callable[[], Awaitable[None]]


@dataclass
class ScriptedLane:
    """A PostLane, whose calls stand among those of AWS as "post", with the connections that it got to.

    `outcomes[connection]` are used up in order, and the last of them stays; what is not there is `otherwise`.
    """

    aws: Aws
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)
    otherwise: Outcome = Outcome.POSTED
    time_for: float = math.inf  # posts of one call, after which its time is up
    error: Exception | None = None  # raised instead of being out of time
    first: Step | None = None  # done at the start of each call
    before: dict[int, Step] = field(default_factory=dict)  # done before the post of this number of a call, from 0

    def on(self, connection: str, *outcomes: Outcome) -> None:
        self.outcomes[connection] = list(outcomes)

    async def post(
        self,
        connections: AsyncIterator[ConnectionId],
        payload: bytes,
        *,
        direct: bool = False,
        budget_s: float = math.inf,
    ) -> AsyncGenerator[tuple[ConnectionId, Outcome], None]:
        reached: list[str] = []
        self.aws.calls.append(
            ("post", {"connections": reached, "payload": payload, "direct": direct, "budget_s": budget_s})
        )
        if self.first:
            await self.first()
        while len(reached) < self.time_for:
            if (connection := await anext(connections, None)) is None:
                return
            if step := self.before.get(len(reached)):
                await step()
            reached.append(connection)
            yield connection, self._outcome(connection)
        if self.error:
            raise self.error

    def _outcome(self, connection: str) -> Outcome:
        outcomes = self.outcomes.get(connection, [self.otherwise])
        return outcomes.pop(0) if len(outcomes) > 1 else outcomes[0]
