"""The asyncio core: one event loop and one set of AWS clients for the life of an execution environment.

Lambda calls a function synchronously, one event at a time, and freezes the process in between. `LambdaFunction`
turns an `async def` into what Lambda calls, and runs it on a loop that outlives the call, so that clients, their
connections and their credentials are there for the next one.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeAlias

from app.application import App
from app.aws import Clients
from app.log import begin_invocation, log, metrics
from app.settings import MissingSettingsError, Settings


class Context(Protocol):
    """What we use of the context object that Lambda hands to every call."""

    @property
    def aws_request_id(self) -> str: ...

    def get_remaining_time_in_millis(self) -> int: ...


def at(event: Any, *path: str) -> Mapping[str, Any]:
    """Returns the object at a path into an event, or an empty one: whatever was sent, it is no crash."""
    here = event
    for name in path:
        here = here.get(name) if isinstance(here, dict) else None
    return here if isinstance(here, dict) else {}


THAW_TURNS = 3  # plain TCP takes one to be seen as lost, TLS three

OpenApp: TypeAlias = Callable[[], App]
Answer: TypeAlias = Callable[[OpenApp, Any, Context], Awaitable[Any]]


@dataclass(slots=True)
class Core:
    """The loop and the app of this execution environment."""

    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    app: App | None = None
    cold: bool = True  # until it is first called

    def open_app(self) -> App:
        """Returns the app; raises MissingSettingsError, having logged what is missing."""
        if self.app is None:
            try:
                settings = Settings.read(os.environ)
            except MissingSettingsError as error:
                log("settings missing", level="ERROR", variables=str(error))
                raise
            self.app = App(settings, Clients(settings.management_endpoint))
        return self.app

    def run(self, answer: Answer, event: Any, context: Context) -> Any:
        return self.loop.run_until_complete(self._thawed(answer, event, context))

    async def _thawed(self, answer: Answer, event: Any, context: Context) -> Any:
        self._begin(context)
        # A few turns of the loop first: connections that the other side closed while this process was frozen are
        # seen and dropped before anything is sent on them.
        for _ in range(THAW_TURNS):
            await asyncio.sleep(0)
        return await answer(self.open_app, event, context)

    def _begin(self, context: Context) -> None:
        begin_invocation(context.aws_request_id)
        if self.cold:
            self.cold = False
            metrics(ColdStarts=1)

    def close(self) -> None:
        """Ends clients and loop; only tests need it, because Lambda ends the process."""
        if self.app is not None:
            self.loop.run_until_complete(self.app.close())
        self.loop.close()


_core: Core | None = None


def core() -> Core:
    """Returns the one core of this process; the first call makes it."""
    global _core  # noqa: PLW0603 - it stands for the execution environment, of which there is one
    if _core is None:
        _core = Core()
    return _core


class LambdaFunction(NamedTuple):
    """What Lambda calls; `answer` is the `async def` behind it, which tests call with an app of their own."""

    answer: Answer

    def __call__(self, event: Any, context: Context) -> Any:
        return core().run(self.answer, event, context)
