"""A town of people and their devices, the site that they use, and the model that says what they ought to see."""

import asyncio
from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from app.aws import Clients
from app.models.ids import NotificationId
from tests.inbox.client import Client
from tests.inbox.model import Model, Sent, Somebody
from tests.inbox.stage import Site, Stage

who = st.integers(0, 3)
which = st.integers(0, 30)


class Town(RuleBasedStateMachine):
    """What the rules share; `stage`, `runner` and `clients` are set by a subclass.

    Rules choose by numbers, which are counted round, so that any number is a choice and the smallest the simplest.
    """

    stage: Stage
    runner: asyncio.Runner
    clients: Clients

    def __init__(self) -> None:
        super().__init__()
        self.site: Site = self.stage.site(self.clients)
        self.model = Model()
        self.devices: list[Client] = []
        self.keys = 0

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    def _join(self, name: str, *, admin: bool = False) -> None:
        user_id = self.site.join(name)
        self.model.people[user_id] = Somebody(user_id, name, self.site.now, admin)

    def _here(self) -> list[Somebody]:
        return [each for each in self.model.people.values() if each.here]

    def _who(self, number: int) -> Somebody:
        here = self._here()
        return here[number % len(here)]

    def _sent(self, number: int) -> Sent:
        return list(self.model.sent.values())[-1 - number % len(self.model.sent)]

    def _open(self) -> list[Client]:
        return [each for each in self.devices if each.connection]

    def _client(self, number: int) -> Client:
        return self._open()[number % len(self._open())]

    def _drop(self, client: Client) -> None:
        assert client.connection
        self.site.drop(client.connection)
        client.connection, client.whole = None, False

    def _expect(self, expected: dict[Client, list[str]], sent: Sent, people: Iterable[str]) -> None:
        names = set(people)
        for client in self._open():
            if client.user_id in names:
                expected.setdefault(client, []).append(sent.notification_id)

    def _told(self, expected: dict[Client, list[str]]) -> None:
        """Every open device, and so every tab of one person, has heard what it should, once, and nothing else."""
        for client in self._open():
            client.came.clear()
            client.listen(self.site)
            assert sorted(client.came.elements()) == sorted(expected.get(client, []))

    def _cleared(self, person: Somebody, ids: set[NotificationId], but: Client | None = None) -> None:
        """Notes what was read; the person's devices have heard of it, and nobody else's."""
        self.model.read |= {(person.user_id, each) for each in ids}
        for client in self._open():
            client.cleared.clear()
            client.listen(self.site)
            told = set[NotificationId]().union(*client.cleared)
            assert told == (ids if client.user_id == person.user_id and client is not but else set())
