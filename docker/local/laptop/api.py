"""Speaks to the API as any client would, and turns what it refuses into one readable line."""

from dataclasses import dataclass
from typing import Any

import aiohttp

from laptop.errors import LaptopError, SignedOutError
from laptop.screen import visible

COGNITO = "AWSCognitoIdentityProviderService"


class RefusedError(LaptopError):
    """The API answered with a problem; the message is its own words."""

    def __init__(self, status: int, problem: object) -> None:
        self.status = status
        super().__init__(_words(status, problem))


class NoAnswerError(LaptopError):
    """Nothing answered; whether the request arrived is not known."""


@dataclass(frozen=True, slots=True)
class Api:
    """The HTTP API at `base`, for the owner of the access token."""

    session: aiohttp.ClientSession
    base: str
    token: str

    async def call(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Returns the decoded answer; raises RefusedError, SignedOutError, or NoAnswerError."""
        sent = {"Authorization": f"Bearer {self.token}"} | (headers or {})
        try:
            async with self.session.request(method, self.base + path, json=body, headers=sent) as answer:
                content = await _content(answer)
        except (aiohttp.ClientError, TimeoutError) as error:
            why = visible(str(error) or type(error).__name__)
            raise NoAnswerError(f"{method} {path} got no answer: {why}") from None
        if answer.status == 401:
            raise SignedOutError(_words(answer.status, content))
        if answer.status >= 400:
            raise RefusedError(answer.status, content)
        return content if isinstance(content, dict) else {}


async def sign_in(session: aiohttp.ClientSession, cognito: str, client_id: str, email: str, password: str) -> str:
    """Returns an access token, for a password, as a browser would get it."""
    body = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": client_id,
        "AuthParameters": {"USERNAME": email, "PASSWORD": password},
    }
    headers = {"X-Amz-Target": f"{COGNITO}.InitiateAuth", "Content-Type": "application/x-amz-json-1.1"}
    try:
        async with session.post(cognito, json=body, headers=headers) as answer:
            content = await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError) as error:
        why = type(error).__name__
        raise LaptopError(f"The stack does not answer ({why}). Start it again with: make run") from None
    if answer.status >= 400:
        raise LaptopError(f"Signing in was refused: {visible(str(content.get('message', answer.status)))}")
    token: str = content["AuthenticationResult"]["AccessToken"]
    return token


async def _content(answer: aiohttp.ClientResponse) -> Any:
    try:
        return await answer.json(content_type=None)
    except ValueError:
        return None


def _words(status: int, problem: object) -> str:
    """One line out of a problem+json body, or out of what API Gateway says by itself."""
    if not isinstance(problem, dict):
        return f"The API answered {status}"
    detail = str(problem.get("detail") or problem.get("message") or f"The API answered {status}")
    faults = [f"{fault.get('pointer') or 'body'}: {fault.get('detail')}" for fault in problem.get("errors", ())]
    return visible(f"{detail} ({'; '.join(faults)})" if faults else detail)
