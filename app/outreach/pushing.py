"""Sends pushes: to every device of everybody whom a message is for and who wants them now."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.channels.push import PushEndpoints
from app.errors import GoneError, UnavailableError
from app.log import log, log_exception
from app.models.devices import Device
from app.models.ids import UserId
from app.models.pushes import Push
from app.models.told import Told
from app.outreach.everyone import Spreader
from app.outreach.registering import Registry
from app.stores.claims import Claims
from app.stores.users import Users
from app.together import batched, together

AT_ONCE = 16  # people; the devices of each take turns


@dataclass(frozen=True, slots=True)
class Pusher:
    """What fails at one device stops no other; at the end it is raised, so that the queue brings the message again.

    A claim for each device keeps what was sent from being sent again then.
    """

    users: Users
    registry: Registry
    endpoints: PushEndpoints
    claims: Claims
    spreader: Spreader
    now: Callable[[], datetime]

    async def push(self, told: Told) -> None:
        """Sends a message to the devices of its recipients; raises the first failure, once all were tried."""
        if told.to_everyone:
            await self.spreader.spread(told)
            return
        failures: list[Exception] = []
        for some in batched(await self._wanting(told), AT_ONCE):
            for found in await together(self._to_person(user_id, told) for user_id in some):
                failures += found
        if failures:
            raise failures[0]

    async def _wanting(self, told: Told) -> list[UserId]:
        """Returns those recipients who have a profile and want a push now."""
        people = await self.users.get_many(told.recipient_ids)
        return [each for each, user in people.items() if user.settings.want("push", told.priority, self.now())]

    async def _to_person(self, user_id: UserId, told: Told) -> list[Exception]:
        try:
            devices = await self.registry.devices.of(user_id)
        except Exception as error:  # noqa: BLE001 - the others go on
            log_exception("devices not read", error, messageId=told.message_id, userId=user_id)
            return [error]
        return [failure for device in devices if (failure := await self._to_device(device, told))]

    async def _to_device(self, device: Device, told: Told) -> Exception | None:
        try:
            outcome = await self._once(device, told)
        except Exception as error:  # noqa: BLE001 - the others go on
            log_exception("push failed", error, messageId=told.message_id, deviceId=device.device_id)
            return error
        log("push", messageId=told.message_id, deviceId=device.device_id, outcome=outcome)
        return None

    async def _once(self, device: Device, told: Told) -> str:
        """Sends a push unless that was done; raises UnavailableError while somebody else is at it."""
        name = f"push#{device.device_id}"
        claimed = await self.claims.take(told.message_id, name, self.now())
        if claimed == "busy":
            raise UnavailableError
        if claimed == "done":
            return "sent before"
        try:
            await self.endpoints.publish(device.endpoint_arn, Push(told))
        except Exception as error:
            await self.claims.release(told.message_id, name)
            if not isinstance(error, GoneError):
                raise
            await self.registry.remove(device)
            return "gone"
        await self.claims.done(told.message_id, name, self.now())
        return "sent"
