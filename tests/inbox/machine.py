"""People at random: they send, repeat, read, connect, drop, sync and leave, and the model says what they must see."""

import asyncio
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from app.aws import Clients
from app.catalogue import EVERYONE
from app.models.ids import MessageId, UserId
from app.models.times import iso
from tests.inbox.client import Client
from tests.inbox.devices import Devices
from tests.inbox.model import Sent
from tests.inbox.stage import CROWD, Stage
from tests.inbox.town import which, who
from tests.unit.events import Answer

PEOPLE = 4  # at a time
LONG = "long " * 3_000  # two of these fill a page of sync
LARGE = 60  # recipients, so many that a worker writes the rows

backs = st.sampled_from([None, 0.0, 0.001, 59.0, 61.0, 90_000.0, -1e6])


class InboxMachine(Devices):
    """What people do; beneath it, what their devices do, and what all of them see."""

    @initialize()
    def begin(self) -> None:
        for name in ("ann", "bob", "cleo"):
            self._join(name)
        self._join("ada", admin=True)

    @precondition(lambda self: len(self._here()) < PEOPLE)
    @rule()
    def join(self) -> None:
        self._join("new")

    @rule(sender=who, to=st.lists(who, min_size=1, max_size=3), long=st.booleans())
    def send(self, sender: int, to: list[int], long: bool) -> None:
        recipients = dict.fromkeys(self._who(each).user_id for each in to)
        self._accept(201, self._who(sender).user_id, *recipients, content=LONG if long else "hello")

    @rule(sender=who, to=who)
    def send_to_many(self, sender: int, to: int) -> None:
        self._accept(202, self._who(sender).user_id, *CROWD[: LARGE - 1], self._who(to).user_id, content="hello")

    @rule(content=st.sampled_from(["hello", LONG]))
    def announce(self, content: str) -> None:
        if admin := next((each for each in self._here() if each.admin), None):
            self._accept(202, admin.user_id, content=content)

    @precondition(lambda self: self.model.sent)
    @rule(sent=which, same=st.booleans())
    def send_again(self, sent: int, same: bool) -> None:
        each = self._sent(sent)
        if not self.model.people[each.sender].here:
            return
        content = each.content if same else each.content + "!"
        answer = self.run(self.site.send(each.sender, *each.recipients, key=each.key, content=content))
        if same:
            assert (answer.status // 100, answer.body["messageId"]) == (2, each.message_id)
        else:
            assert (answer.status, answer.code) == (422, "idempotency_key_reused")
        self._told({})

    @precondition(lambda self: any(not each.here for each in self.model.people.values()))
    @rule(sender=who)
    def send_to_somebody_who_left(self, sender: int) -> None:
        gone = next(each for each in self.model.people.values() if not each.here)
        answer = self.run(self.site.send(self._who(sender).user_id, gone.user_id))
        assert (answer.status, answer.faults) == (422, [("/recipientIds/0", "unknown_recipient")])
        self._told({})

    @precondition(lambda self: any(not each.told for each in self.model.sent.values()))
    @rule()
    def work(self) -> None:
        """Workers do what is on the queue: they write what is to many, and tell all of it."""
        self.run(self.site.work())
        expected: dict[Client, list[str]] = {}
        for each in self.model.sent.values():
            if not each.told:
                each.told = True
                here = [person.user_id for person in self._here()]
                if not each.shared:
                    each.arrived.update({name: self.site.now for name in here if name in each.recipients})
                self._expect(expected, each, here if each.shared else each.arrived)
        self._told(expected)

    @precondition(lambda self: self.model.sent)
    @rule(reader=who, sent=which)
    def read_message(self, reader: int, sent: int) -> None:
        person, each = self._who(reader), self._sent(sent)
        path = {"messageId": each.message_id}
        answer = self.run(self.site.http(person.user_id, "PUT /messages/{messageId}/read", path=path))
        there = each.at_of(person.user_id) is not None
        assert answer.status == (204 if there else 404)
        if there:
            self.model.opened.add((person.user_id, each.message_id))
        self._cleared(person, {each.notification_id} if there else set())

    @precondition(lambda self: self.model.sent)
    @rule(reader=who, sent=which)
    def read_notification(self, reader: int, sent: int) -> None:
        person, each = self._who(reader), self._sent(sent)
        path = {"notificationId": each.notification_id}
        answer = self.run(self.site.http(person.user_id, "PUT /notifications/{notificationId}/read", path=path))
        there = each.at_of(person.user_id) is not None
        assert answer.status == (204 if there else 404)
        self._cleared(person, {each.notification_id} if there else set())

    @rule(reader=who, back=backs)
    def read_all(self, reader: int, back: float | None) -> None:
        person = self._who(reader)
        moment = self.site.clock() - timedelta(seconds=max(back or 0, 0))
        body = None if back is None else {"upTo": iso(self.site.clock() - timedelta(seconds=back))}
        before = self.model.unread(person.user_id, self.site.clock())
        answer = self.run(self.site.http(person.user_id, "PUT /notifications/read", body))
        assert answer.status == 204
        self.model.read_all(person.user_id, iso(moment))
        self._cleared(person, before - self.model.unread(person.user_id, self.site.clock()))

    @precondition(lambda self: len(self._here()) > 2)
    @rule(person=who, sure=st.integers(0, 3))
    def leave(self, person: int, sure: int) -> None:
        somebody = self._who(person)
        if sure or somebody.admin:
            return
        path = {"userId": somebody.user_id}
        answer = self.run(self.site.http(somebody.user_id, "DELETE /users/{userId}", path=path))
        assert answer.status == 204
        somebody.here = False
        for client in [each for each in self.devices if each.user_id == somebody.user_id]:
            assert client.connection is None or client.connection in self.site.fake.ended
            self.devices.remove(client)
        self._told({})
        self.nothing_is_left_of_those_who_left()

    def teardown(self) -> None:
        """In the end everybody looks at everything, and every device comes back."""
        if self.model.people:
            self.work()
            self.nothing_is_left_of_those_who_left()
            for number in range(len(self._here())):
                self.look_at_messages(number, 3)
                self.look_at_notifications(number, 2)
            for client in self.devices:
                if client.connection is None:
                    self.run(client.connect(self.site))
                self.run(client.sync(self.site))
                self._look_at(client)

    def _accept(self, status: int, sender: UserId, *recipients: UserId, content: str) -> None:
        self.keys += 1
        key = f"key-{self.keys}"
        answer: Answer = self.run(self.site.send(sender, *recipients, key=key, content=content))
        assert answer.status == status, answer
        sent = Sent(MessageId(answer.body["messageId"]), sender, recipients, key, content, self.site.now)
        assert answer.body["createdAt"] == sent.at
        self.model.sent[sent.message_id] = sent
        if sent.shared:
            sent.arrived[UserId(EVERYONE)] = sent.at
        sent.told = status == 201
        expected: dict[Client, list[str]] = {}
        if sent.told:
            sent.arrived.update(dict.fromkeys(recipients, sent.at))
            self._expect(expected, sent, recipients)
        self._told(expected)


def bound(stage: Stage, runner: asyncio.Runner, clients: Clients) -> type[InboxMachine]:
    """Returns the machine for one stage and one event loop."""
    return type("BoundMachine", (InboxMachine,), {"stage": stage, "runner": runner, "clients": clients})
