"""The edge to Cognito's user pool: what it asks to be done when somebody has signed up."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from app.application import App
from app.errors import BugError, ProblemError, UnavailableError
from app.log import log, log_exception
from app.runtime import Context, LambdaFunction, OpenApp, at

RESERVE_S = 0.5  # kept of Lambda's time-out, so that a slow dependency is told apart from a function that hangs
SIGNED_UP = "PostConfirmation_ConfirmSignUp"  # the other source is a new password for one that was forgotten

AccountHandler: TypeAlias = Callable[[App, Mapping[str, str]], Awaitable[None]]


def confirmation(handler: AccountHandler) -> LambdaFunction:
    """Makes a handler of new accounts, which gets their attributes, into a Lambda function for Cognito.

    What it raises Cognito tells the person, whose account is confirmed all the same; so it says no more than a code.
    """

    async def answer(open_app: OpenApp, event: Any, context: Context) -> Any:
        started = time.monotonic()
        source, attributes = str(at(event).get("triggerSource", "")), at(event, "request", "userAttributes")
        if source == SIGNED_UP:
            budget_s = context.get_remaining_time_in_millis() / 1000 - RESERVE_S
            await _within(budget_s, handler, open_app, attributes)
        ms = round((time.monotonic() - started) * 1000, 1)
        log("account", source=source, userId=str(attributes.get("sub", "")), ms=ms)
        return event

    return LambdaFunction(answer)


async def _within(budget_s: float, handler: AccountHandler, open_app: OpenApp, attributes: Mapping[str, str]) -> None:
    try:
        async with asyncio.timeout(budget_s):
            await handler(open_app(), attributes)
    except ProblemError:
        raise
    except TimeoutError as error:
        log_exception("account timed out", error)
        raise UnavailableError from None
    except Exception as error:  # noqa: BLE001 - it is raised again, without what it says
        log_exception("bug", error)
        raise BugError from None
