"""Steps put before calls of AWS, by handing the app another service: a test holds a call, or has an index lag."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from app.application import App
from app.aws import Service, ServiceName

Going: TypeAlias = Callable[[], Awaitable[dict[str, Any]]]  # goes on with the call
Step: TypeAlias = Callable[[Going, dict[str, Any]], Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class HookedService(Service):
    steps: dict[str, Step]

    async def __call__(self, operation: str, **parameters: Any) -> dict[str, Any]:
        async def go_on() -> dict[str, Any]:
            return await Service.__call__(self, operation, **parameters)

        step = self.steps.get(operation)
        return await (step(go_on, parameters) if step else go_on())


@dataclass(frozen=True)
class HookedApp(App):
    """An app whose calls take these steps, by operation."""

    steps: dict[str, Step] = field(default_factory=dict)

    def service(self, name: ServiceName) -> HookedService:
        return HookedService(self.clients, name, self.steps)


@dataclass(frozen=True, slots=True)
class Gate:
    """Holds the first call that comes, or that names `of`, until it is opened; those after it pass."""

    of: str = ""
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, go_on: Going, parameters: dict[str, Any]) -> dict[str, Any]:
        if not self.reached.is_set() and self.of in str(parameters):
            self.reached.set()
            await self.opened.wait()
        return await go_on()


@dataclass(frozen=True, slots=True)
class Meeting:
    """Lets calls pass when so many of them have come, and so all at once."""

    barrier: asyncio.Barrier

    async def __call__(self, go_on: Going, parameters: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002 - see Step
        await self.barrier.wait()
        return await go_on()


@dataclass(slots=True)
class Lag:
    """What indexes show while they lag: no row with one of these values, whichever attribute has it."""

    hidden: set[str] = field(default_factory=set)

    async def __call__(self, go_on: Going, parameters: dict[str, Any]) -> dict[str, Any]:
        answer = await go_on()
        if "IndexName" not in parameters or "Items" not in answer:  # a count does not say of which rows
            return answer
        shown = [item for item in answer["Items"] if not any(value.get("S") in self.hidden for value in item.values())]
        return {**answer, "Items": shown}


@dataclass(slots=True)
class Past:
    """Has an index answer once more what it answered before."""

    answers: list[dict[str, Any]] = field(default_factory=list)
    replays: bool = False

    async def __call__(self, go_on: Going, parameters: dict[str, Any]) -> dict[str, Any]:
        if parameters.get("IndexName") != "unread" or parameters.get("Select") == "COUNT":
            return await go_on()
        if not self.replays:
            self.answers.append(await go_on())
            return self.answers[-1]
        return self.answers.pop(0)
