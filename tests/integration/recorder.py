"""DynamoDB's port, recorded or scripted."""

from dataclasses import dataclass, field
from typing import Any

from app.application import App
from app.aws import Call


@dataclass(slots=True)
class Recorder:
    """Passes calls on and keeps them."""

    call: Call
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def __call__(self, operation: str, **parameters: Any) -> dict[str, Any]:
        self.calls.append((operation, parameters))
        return await self.call(operation, **parameters)

    def count(self, operation: str) -> int:
        return [name for name, _ in self.calls].count(operation)


def scripted(*answers: dict[str, Any]) -> Recorder:
    rest = iter(answers)

    async def call(_: str, **__: Any) -> dict[str, Any]:
        return next(rest)

    return Recorder(call)


def recorder(app: App) -> Recorder:
    return Recorder(app.service("dynamodb"))
