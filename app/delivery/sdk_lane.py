"""The post lane that is made of the AWS SDK: plain, and bounded in what is in flight."""

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass

from app.aws import Call
from app.delivery.budget import within
from app.delivery.lane import Outcome
from app.errors import GoneError, RefusedError, ThrottledError, UnavailableError
from app.log import log_exception
from app.models.ids import ConnectionId

WINDOW = 64  # posts in flight; the client's connection pool is as large (app.aws.POOL)


@dataclass(frozen=True, slots=True)
class SdkLane:
    call: Call  # apigatewaymanagementapi
    window: int = WINDOW

    async def post(
        self,
        connections: AsyncIterator[ConnectionId],
        payload: bytes,
        *,
        direct: bool = False,  # noqa: ARG002 - the protocol has it
        budget_s: float = math.inf,
    ) -> AsyncGenerator[tuple[ConnectionId, Outcome], None]:
        """See PostLane; it has no rate, so `direct` makes no difference.

        The SDK does not say whether it has sent what it is busy with, so after `budget_s` all of that is UNKNOWN.
        """
        ends_at = asyncio.get_running_loop().time() + budget_s
        flying: set[asyncio.Task[tuple[ConnectionId, Outcome]]] = set()
        try:
            while (connection := await within(ends_at, lambda: anext(connections, None))) is not None:
                flying.add(asyncio.create_task(self._in_time(connection, payload, ends_at)))
                if len(flying) < self.window:
                    continue
                landed, flying = await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
                for task in landed:
                    yield task.result()
            for landing in asyncio.as_completed(flying):
                yield await landing
        finally:  # the consumer stopped early, or there was an error: leave nothing running behind
            for task in flying:
                task.cancel()
            await asyncio.gather(*flying, return_exceptions=True)

    async def _in_time(self, connection: ConnectionId, payload: bytes, ends_at: float) -> tuple[ConnectionId, Outcome]:
        return await within(ends_at, lambda: self._one(connection, payload)) or (connection, Outcome.UNKNOWN)

    async def _one(self, connection: ConnectionId, payload: bytes) -> tuple[ConnectionId, Outcome]:
        try:
            await self.call("post_to_connection", ConnectionId=connection, Data=payload)
        except GoneError:
            return connection, Outcome.GONE
        except RefusedError:
            return connection, Outcome.REFUSED
        except ThrottledError:
            return connection, Outcome.THROTTLED
        except UnavailableError:
            return connection, Outcome.FAILED
        except Exception as error:  # noqa: BLE001 - whatever this is, the other posts go on
            log_exception("post failed", error, connectionId=connection)
            return connection, Outcome.FAILED
        return connection, Outcome.POSTED
