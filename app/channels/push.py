"""Mobile push: the endpoints that SNS keeps for devices, in one platform application for each push service."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.aws import Call
from app.errors import AbsentError, ExistsError, GoneError, RefusedError, UnacceptableError
from app.models.devices import Platform
from app.models.ids import DeviceId, EndpointArn
from app.models.pushes import Push
from app.models.wire import fault


@dataclass(frozen=True, slots=True)
class PushEndpoints:
    """SNS keeps one endpoint for a token; it disables those whose token the push service no longer takes."""

    call: Call
    applications: Mapping[Platform, str]  # ARNs; empty where this stage has none

    @property
    def configured(self) -> bool:
        return any(self.applications.values())

    async def create(self, platform: Platform, token: str, device_id: DeviceId) -> EndpointArn:
        """Returns the endpoint of a token, as it is if there is one; raises UnacceptableError."""
        if not self.applications[platform]:
            detail = "This site sends no pushes to devices of this platform."
            raise UnacceptableError(code="platform_not_configured", detail=detail)
        try:
            answer = await self.call(
                "create_platform_endpoint",
                PlatformApplicationArn=self.applications[platform],
                Token=token,
                CustomUserData=device_id,
            )
        except ExistsError as found:  # with other attributes
            return EndpointArn(found.arn)
        except RefusedError:
            raise fault("/token", "malformed", "The push service does not take this for a token.") from None
        return EndpointArn(answer["EndpointArn"])

    async def refresh(self, endpoint: EndpointArn, token: str, device_id: DeviceId) -> bool:
        """Sees to it that an endpoint is enabled and has these attributes; False if it is gone."""
        wanted = {"Token": token, "CustomUserData": device_id, "Enabled": "true"}
        try:
            answer = await self.call("get_endpoint_attributes", EndpointArn=endpoint)
            if not wanted.items() <= answer["Attributes"].items():
                await self.call("set_endpoint_attributes", EndpointArn=endpoint, Attributes=wanted)
        except AbsentError:
            return False
        return True

    async def delete(self, endpoint: EndpointArn) -> None:
        """Deletes an endpoint; it is no error if it is gone."""
        await self.call("delete_endpoint", EndpointArn=endpoint)

    async def publish(self, endpoint: EndpointArn, push: Push) -> None:
        """Hands a push over to SNS; raises GoneError if the endpoint is disabled or gone."""
        kind = endpoint.split("/")[1]  # arn:aws:sns:REGION:ACCOUNT:endpoint/KIND/APPLICATION/ID
        try:
            await self.call(
                "publish",
                TargetArn=endpoint,
                MessageStructure="json",
                Message=push.message(kind),
                MessageAttributes=push.attributes(kind),
            )
        except AbsentError:
            raise GoneError from None
