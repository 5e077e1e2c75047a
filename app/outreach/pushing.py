"""Sends a message to the devices of those of its recipients who want pushes."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from app.channels.push import PushEndpoints
from app.errors import GoneError, UnavailableError
from app.log import log, log_exception
from app.models.devices import Device
from app.models.ids import UserId
from app.models.pushes import Push
from app.models.told import Told
from app.outreach.registering import Registry
from app.stores.claims import Claims
from app.stores.users import Users
from app.together import settled

AT_ONCE = 16  # people whose devices are read, and then devices; a client has 64 connections

# "before": an earlier delivery of the same sent it. "gone": the device takes no more, and is removed.
End: TypeAlias = Literal["sent", "before", "gone"]


@dataclass(frozen=True, slots=True)
class Pusher:
    users: Users
    registry: Registry
    endpoints: PushEndpoints
    claims: Claims
    now: Callable[[], datetime]

    async def push(self, told: Told) -> None:
        """Tries all devices of at most 50 people, and only then raises the first failure; a repeat sends none twice."""
        found = await settled((self.registry.devices.of(user_id) for user_id in await self._wanting(told)), AT_ONCE)
        devices = [device for some in found if not isinstance(some, Exception) for device in some]
        ends = await settled((self._push_one(told, device) for device in devices), AT_ONCE)
        _log(told, ends)
        failures = [end for end in (*found, *ends) if isinstance(end, Exception)]
        if failures:
            raise failures[0]

    async def _wanting(self, told: Told) -> list[UserId]:
        """Returns those recipients who have a profile and want a push now."""
        people, now = await self.users.get_many(told.recipient_ids), self.now()
        return [user.user_id for user in people.values() if user.settings.want("push", told.priority, now)]

    async def _push_one(self, told: Told, device: Device) -> End:
        claim = f"push#{device.device_id}"
        claimed = await self.claims.take(told.message_id, claim, self.now())
        if claimed == "done":
            return "before"
        if claimed == "busy":  # in another invocation, or in one that has died: later it will show
            raise UnavailableError
        try:
            await self.endpoints.publish(device.endpoint_arn, Push(told))
        except Exception as error:
            await self.claims.release(told.message_id, claim)
            if not isinstance(error, GoneError):
                raise
            await self.registry.remove(device)
            log("device gone", messageId=told.message_id, userId=device.user_id, deviceId=device.device_id)
            return "gone"
        await self._note(told, claim)
        return "sent"

    async def _note(self, told: Told, claim: str) -> None:
        try:
            await self.claims.done(told.message_id, claim, self.now())
        except UnavailableError as error:  # the push has gone: to fail now would only send it again
            log_exception("push not noted", error, messageId=told.message_id)


def _log(told: Told, ends: list[End | Exception]) -> None:
    counts = Counter("failed" if isinstance(end, Exception) else end for end in ends)
    log(
        "pushed",
        messageId=told.message_id,
        sent=counts["sent"],
        before=counts["before"],
        gone=counts["gone"],
        failed=counts["failed"],
    )
