"""Registers and removes devices: keeps our rows and the endpoints at SNS in step, whoever is at it besides."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.channels.push import PushEndpoints
from app.errors import NotFoundError, UnavailableError
from app.models.devices import MAX_DEVICES, Device, RegisterDevice
from app.models.ids import DeviceId, UserId, new_token
from app.stores.devices import Devices
from app.together import together

_ROUNDS = 5  # of a registration that another one, or a removal, overtook


@dataclass(frozen=True, slots=True)
class Registry:
    """SNS has no conditional writes, so every order of two who are at the same token has to end right.

    A registration writes its row between two looks at the endpoint; a removal deletes the endpoint and then its row, on
    condition that this is as it was read. So if one takes the endpoint from the other, one of them sees it and makes
    it anew.
    """

    devices: Devices
    endpoints: PushEndpoints
    now: Callable[[], datetime]

    async def register(self, user_id: UserId, body: RegisterDevice) -> tuple[Device, bool]:
        """Registers a device, and takes it from whoever had it before; returns it, and whether the person is new to it.

        What it replaces is removed, and what is more than a person may have. Raises UnacceptableError.
        """
        device, new = await self._settle(user_id, body)
        own = await self.devices.of(user_id)
        latest = sorted(own, key=lambda each: (each.updated_at, each.device_id), reverse=True)
        others = [each for each in latest if each.device_id != device.device_id]
        surplus = [*others[MAX_DEVICES - 1 :], *(each for each in others if each.device_id == body.replaces)]
        await together(self.remove(each) for each in {each.device_id: each for each in surplus}.values())
        return device, new

    async def unregister(self, user_id: UserId, device_id: DeviceId) -> None:
        """Removes one of a person's devices, or raises NotFoundError."""
        device = await self.devices.get(user_id, device_id)
        if device is None:
            raise NotFoundError
        await self.remove(device)

    async def remove_all(self, user_id: UserId) -> None:
        """Removes all devices of a person."""
        await together(self.remove(device) for device in await self.devices.of(user_id))

    async def remove(self, device: Device) -> None:
        """Removes a device; if it was registered again since it was read, by whomever, that registration stays."""
        await self.endpoints.delete(device.endpoint_arn)
        if await self.devices.delete(device):
            return
        found = await self.devices.held(device.device_id)
        if found and found.endpoint_arn == device.endpoint_arn:  # which is deleted now
            await self._settle(found.user_id, RegisterDevice(platform=found.platform, token=found.token))

    async def _settle(self, user_id: UserId, body: RegisterDevice) -> tuple[Device, bool]:
        for _ in range(_ROUNDS):
            seen = await self.devices.held(body.device_id)
            endpoint = await self.endpoints.create(body.platform, body.token, body.device_id)
            device = Device.register(user_id, body, endpoint, self.now(), new_token()).after(seen)
            written = await self.devices.put(device, seen)
            if written and await self.endpoints.refresh(endpoint, body.token, body.device_id):
                return device, seen is None or seen.user_id != user_id
        raise UnavailableError
