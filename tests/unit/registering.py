"""What the tests of devices share: people who register phones, and what is left of it."""

from dataclasses import dataclass, field
from typing import Any

from app.application import App
from app.catalogue import DEVICES
from app.handlers import devices
from tests.unit.delivering import Site
from tests.unit.endpoints import Endpoints
from tests.unit.events import Answer, ask, claims, http_event
from tests.unit.people import ADA, Row

TOKEN = "fcm-token:1"
APNS = "0123456789abcdef" * 4


@dataclass
class Phones:
    site: Site
    endpoints: Endpoints = field(init=False)
    app: App = field(init=False)

    def __post_init__(self) -> None:
        self.endpoints = Endpoints(self.site.aws)
        self.app = self.site.app

    async def register(self, token: str = TOKEN, *, who: str = ADA, **body: Any) -> Answer:
        return await self.ask("POST /devices", {"platform": "fcm", "token": token, **body}, who=who)

    async def listed(self, who: str = ADA) -> list[Row]:
        answer = await self.ask("GET /devices", who=who)
        assert (answer.status, answer.body.keys(), answer.body["cursor"]) == (200, {"items", "cursor"}, None)
        items: list[Row] = answer.body["items"]
        return items

    async def remove(self, device_id: str, *, who: str = ADA) -> Answer:
        return await self.ask("DELETE /devices/{deviceId}", who=who, path={"deviceId": device_id})

    async def ask(self, route: str, body: Any = None, *, who: str = ADA, **parts: Any) -> Answer:
        event = {**http_event(body, caller=claims(who), **parts), "routeKey": route}
        return await ask(devices.handle, self.app, event)

    def rows(self) -> list[Row]:
        """Returns the rows of devices, without those that say who has which."""
        return [row for row in self.site.tables.rows(DEVICES) if "device" not in row]

    def owners(self, token: str = TOKEN) -> list[str]:
        return [row["userId"] for row in self.rows() if row["token"] == token]

    def in_step(self) -> bool:
        """Tells whether each device has its two rows and its endpoint, which is enabled, and nothing else is there."""
        rows = sorted(self.rows(), key=lambda row: str(row["deviceId"]))
        held = [row["device"] for row in self.site.tables.rows(DEVICES) if "device" in row]
        assert sorted(held, key=lambda row: str(row["deviceId"])) == rows
        wanted = {
            row["endpointArn"]: {"Token": row["token"], "CustomUserData": row["deviceId"], "Enabled": "true"}
            for row in rows
        }
        return len(wanted) == len(rows) and self.endpoints.held == wanted
