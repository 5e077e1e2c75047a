"""SNS's endpoints of devices in memory; `tests/integration` makes the same claims on moto."""

from typing import Any

from app.models.devices import Device
from app.models.ids import DeviceId, EndpointArn, UserId
from tests.unit.aws import Aws, refusal
from tests.unit.people import NOW_ISO

# ruff: noqa: N803 - the parameters have AWS's own names

_SNS = "arn:aws:sns:eu-central-1:000000000000"
KINDS = {"fcm_application": "GCM", "apns_application": "APNS"}


class Endpoints:
    """Answers SNS's operations; `held` has the attributes of each endpoint, `sent` what was published to which."""

    def __init__(self, aws: Aws) -> None:
        self.held: dict[str, dict[str, str]] = {}
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self._made = 0
        aws.on("create_platform_endpoint", self.create)
        aws.on("get_endpoint_attributes", self.get)
        aws.on("set_endpoint_attributes", self.set)
        aws.on("delete_endpoint", self.delete)
        aws.on("publish", self.publish)

    async def create(self, PlatformApplicationArn: str, Token: str, CustomUserData: str) -> dict[str, Any]:
        kind = KINDS[PlatformApplicationArn]
        wanted = {"Token": Token, "CustomUserData": CustomUserData, "Enabled": "true"}
        for arn, attributes in self.held.items():
            if f"endpoint/{kind}/" in arn and attributes["Token"] == Token:
                # AWS answers a disabled one as it is.
                if attributes.get("CustomUserData") == CustomUserData:
                    return {"EndpointArn": arn}
                text = f"Invalid parameter: Token Reason: Endpoint {arn} already exists with the same Token, but"
                raise refusal("InvalidParameter", text=f"{text} different attributes.")
        self._made += 1
        arn = f"{_SNS}:endpoint/{kind}/app/{self._made}"
        self.held[arn] = wanted
        return {"EndpointArn": arn}

    async def get(self, EndpointArn: str) -> dict[str, Any]:
        return {"Attributes": dict(self._found(EndpointArn))}

    async def set(self, EndpointArn: str, Attributes: dict[str, str]) -> dict[str, Any]:
        self._found(EndpointArn).update(Attributes)
        return {}

    async def delete(self, EndpointArn: str) -> dict[str, Any]:
        self.held.pop(EndpointArn, None)
        return {}

    async def publish(self, TargetArn: str, **message: Any) -> dict[str, Any]:
        if TargetArn not in self.held:
            text = "Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified"
            raise refusal("InvalidParameter", text=text)
        if self.held[TargetArn]["Enabled"] != "true":
            raise refusal("EndpointDisabled", text="Endpoint is disabled")
        self.sent.append((TargetArn, message))
        return {}

    def disable(self, token: str) -> None:
        self._of(token)["Enabled"] = "false"

    def tokens(self) -> list[str]:
        """Returns the token of every endpoint that there is."""
        return sorted(attributes["Token"] for attributes in self.held.values())

    def reached(self) -> list[str]:
        """Returns the token of each push, in order."""
        return [self.held[arn]["Token"] for arn, _ in self.sent]

    def _of(self, token: str) -> dict[str, str]:
        (attributes,) = [each for each in self.held.values() if each["Token"] == token]
        return attributes

    def _found(self, arn: str) -> dict[str, str]:
        if arn not in self.held:
            raise refusal("NotFound", 404, "Endpoint does not exist")
        return self.held[arn]


def device(user_id: str, device_id: str) -> Device:
    """Returns a device as it is stored."""
    return Device(
        user_id=UserId(user_id),
        device_id=DeviceId(device_id),
        platform="fcm",
        token=f"token-of-{device_id}",
        endpoint_arn=EndpointArn(f"{_SNS}:endpoint/GCM/app/{device_id}"),
        created_at=NOW_ISO,
        updated_at=NOW_ISO,
        version="1",
    )
