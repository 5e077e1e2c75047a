"""Who signs: the credentials that the AWS SDK would use here."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from app.errors import UnavailableError


class Credentials(NamedTuple):
    access_key: str
    secret_key: str
    token: str | None = None


CredentialSource: TypeAlias = Callable[[], Awaitable[Credentials]]


def of_environment(environment: Mapping[str, str]) -> Credentials | None:
    """Returns what Lambda puts into the environment, which the SDK's chain of providers looks at first.

    None where there is nothing, or something that expires while the process lives: that is the SDK's to refresh.
    """
    access_key, secret_key = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    if not access_key or not secret_key or environment.get("AWS_CREDENTIAL_EXPIRATION"):
        return None
    return Credentials(access_key, secret_key, environment.get("AWS_SESSION_TOKEN") or None)


class SdkCredentials(NamedTuple):
    """The credentials that the AWS SDK would use here, refreshed by it when they are about to expire."""

    session: Callable[[], Any]  # returns aioboto3's session; called late, because importing it is dear

    async def __call__(self) -> Credentials:
        """Raises UnavailableError when there are none, or their provider does not answer."""
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - see app.aws.Clients

        try:
            found = await self.session().get_credentials()
            if found is None:
                raise UnavailableError
            frozen = await found.get_frozen_credentials()
        except (BotoCoreError, OSError):
            raise UnavailableError from None  # the SDK's text may repeat what it sent
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token)
