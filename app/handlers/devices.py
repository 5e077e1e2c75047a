"""Devices: register, list and remove the phones that get pushes."""

import re

from app.application import App
from app.errors import ForbiddenError, NotFoundError
from app.http import Request, Response, http_routes
from app.models.devices import RegisterDevice
from app.models.ids import DeviceId

_ID = re.compile(r"[0-9a-f]{32}")


async def _register(app: App, request: Request) -> Response:
    """Registers a device of the caller: 201, or 200 if it was the caller's already."""
    body = request.json(RegisterDevice)
    if not await app.users.exists(request.caller.user_id):  # a token may outlive its person
        raise ForbiddenError(code="profile_required", detail="Create your profile first: POST /users.")
    device, new = await app.registry.register(request.caller.user_id, body)
    return Response(201 if new else 200, device.shown())


async def _list(app: App, request: Request) -> Response:
    devices = await app.devices.of(request.caller.user_id)
    return Response(200, {"items": [device.shown() for device in devices], "cursor": None})


async def _remove(app: App, request: Request) -> Response:
    device_id = request.path.get("deviceId", "")
    if not _ID.fullmatch(device_id):
        raise NotFoundError
    await app.registry.unregister(request.caller.user_id, DeviceId(device_id))
    return Response(204)


handle = http_routes({"POST /devices": _register, "GET /devices": _list, "DELETE /devices/{deviceId}": _remove})
