"""The table Devices: a row of each device under its owner, and one under its token that says who the owner is.

Both are written in one transaction, on condition that nobody else has written the second one meanwhile. So a token
has one owner at a time, however many people register it at once.
"""

from dataclasses import dataclass

from app.errors import ConditionFailedError
from app.models.devices import Device
from app.models.ids import DeviceId, UserId
from app.stores.dynamo import DynamoTable, Item


@dataclass(frozen=True, slots=True)
class Devices:
    table: DynamoTable

    async def of(self, user_id: UserId) -> list[Device]:
        """Returns a person's devices, the first registered first."""
        devices = [Device.from_item(item) async for item in self.table.query("userId = :user", user=user_id)]
        return sorted(devices, key=lambda device: (device.created_at, device.device_id))

    async def get(self, user_id: UserId, device_id: DeviceId) -> Device | None:
        item = await self.table.get({"userId": user_id, "deviceId": device_id})
        return None if item is None else Device.from_item(item)

    async def held(self, device_id: DeviceId) -> Device | None:
        """Returns a device whoever its owner is."""
        item = await self.table.get(_held(device_id))
        return None if item is None else Device.from_item(item["device"])

    async def put(self, device: Device, seen: Device | None) -> bool:
        """Writes a device over what `held` returned; False if that is no longer what is there."""
        item = {**_held(device.device_id), "version": device.version, "device": device.to_item()}
        condition, values = _as_seen(seen)
        actions = [self.table.put_action(item, condition, **values), self.table.put_action(device.to_item())]
        if seen and seen.user_id != device.user_id:
            actions.append(self.table.delete_action(_key(seen)))
        return await self._write(actions)

    async def delete(self, device: Device) -> bool:
        """Deletes a device; False if it is gone, or was registered again since it was read."""
        condition, values = _as_seen(device)
        held = self.table.delete_action(_held(device.device_id), condition, **values)
        return await self._write([held, self.table.delete_action(_key(device))])

    async def _write(self, actions: list[Item]) -> bool:
        try:
            await self.table.write(actions)
        except ConditionFailedError:
            return False
        return True


def _key(device: Device) -> Item:
    return {"userId": device.user_id, "deviceId": device.device_id}


def _held(device_id: DeviceId) -> Item:
    return {"userId": f"token#{device_id}", "deviceId": device_id}  # nobody's user id: those are the user pool's


def _as_seen(seen: Device | None) -> tuple[str, Item]:
    if seen is None:
        return "attribute_not_exists(userId)", {}
    return "version = :version", {"version": seen.version}
