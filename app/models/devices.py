"""Devices: the phones on which somebody gets pushes, each known to its push service by a token."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from app.models.ids import DeviceId, EndpointArn, UserId, device_id
from app.models.times import iso
from app.models.wire import Stored, Wire

MAX_DEVICES = 20  # of one person; the one registered longest ago makes room

Platform = Literal["fcm", "apns"]
Token = Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=r"^[!-~]*$"), Field(repr=False)]

_APNS_TOKEN = re.compile(r"[0-9a-f]{64,200}")


class RegisterDevice(Wire):
    """The body of `POST /devices`; `replaces` is the device whose token this one has taken the place of."""

    platform: Platform
    token: Token
    replaces: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")] | None = None

    @field_validator("token")
    @classmethod
    def _as_its_platform_writes_it(cls, token: str, info: ValidationInfo) -> str:
        if info.data.get("platform") != "apns":
            return token
        if not _APNS_TOKEN.fullmatch(token.lower()):
            raise PydanticCustomError("malformed", "A token of APNs has 64 to 200 hexadecimal digits.")
        return token.lower()

    @property
    def device_id(self) -> DeviceId:
        return device_id(self.platform, self.token)


class Device(Stored):
    """A device as one person has it; `version` is another after each registration."""

    user_id: UserId
    device_id: DeviceId
    platform: Platform
    token: Token
    endpoint_arn: EndpointArn
    created_at: str
    updated_at: str  # when it was registered last
    version: str

    @classmethod
    def register(
        cls, user_id: UserId, body: RegisterDevice, endpoint: EndpointArn, now: datetime, version: str
    ) -> "Device":
        return cls(
            user_id=user_id,
            device_id=body.device_id,
            platform=body.platform,
            token=body.token,
            endpoint_arn=endpoint,
            created_at=iso(now),
            updated_at=iso(now),
            version=version,
        )

    def after(self, seen: "Device | None") -> "Device":
        """Returns it as what follows on another registration: of the same person it keeps the first time."""
        if seen is None or seen.user_id != self.user_id:
            return self
        return self.model_copy(update={"created_at": seen.created_at})

    def to_item(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True)

    def shown(self) -> dict[str, Any]:
        """Returns what its owner sees: the token stays between the phone and us."""
        return self.model_dump(by_alias=True, include={"device_id", "platform", "created_at", "updated_at"})
