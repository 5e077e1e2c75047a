"""People at random: they send, repeat, read, connect, drop, sync and leave, and the model says what they must see."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.aws import Clients
from app.catalogue import EVERYONE
from app.models.ids import MessageId, NotificationId, UserId
from app.models.times import iso
from tests.inbox.client import Client
from tests.inbox.model import Listed, Model, Sent, Somebody
from tests.inbox.stage import CROWD, Frame, Site, Stage
from tests.unit.events import Answer

DEVICES = 3  # of one person
PEOPLE = 4  # at a time
LONG = "long " * 3_000  # two of these fill a page of sync
LARGE = 60  # recipients, so many that a worker writes the rows

who = st.integers(0, PEOPLE - 1)
which = st.integers(0, 30)
steps = st.sampled_from([0.001, 0.5, 29, 61, 3_599, 3_600, 90_000, 20 * 86_400, 60 * 86_400])
limits = st.sampled_from([1, 2, 3, 7, 100])
backs = st.sampled_from([None, 0.0, 0.001, 59.0, 61.0, 90_000.0, -1e6])


class InboxMachine(RuleBasedStateMachine):
    """`stage`, `runner` and `clients` are set by `bound`."""

    stage: Stage
    runner: asyncio.Runner
    clients: Clients

    def __init__(self) -> None:
        super().__init__()
        self.site: Site = self.stage.site(self.clients)
        self.model = Model()
        self.devices: list[Client] = []
        self.keys = 0

    # What people do.

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
        answer = self._run(self.site.send(each.sender, *each.recipients, key=each.key, content=content))
        if same:
            assert (answer.status // 100, answer.body["messageId"]) == (2, each.message_id)
        else:
            assert (answer.status, answer.code) == (422, "idempotency_key_reused")
        self._told({})

    @precondition(lambda self: any(not each.here for each in self.model.people.values()))
    @rule(sender=who)
    def send_to_somebody_who_left(self, sender: int) -> None:
        gone = next(each for each in self.model.people.values() if not each.here)
        answer = self._run(self.site.send(self._who(sender).user_id, gone.user_id))
        assert (answer.status, answer.faults) == (422, [("/recipientIds/0", "unknown_recipient")])
        self._told({})

    @precondition(lambda self: any(not each.told for each in self.model.sent.values()))
    @rule()
    def work(self) -> None:
        """Workers do what is on the queue: they write what is to many, and tell all of it."""
        self._run(self.site.work())
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
        answer = self._run(self.site.http(person.user_id, "PUT /messages/{messageId}/read", path=path))
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
        answer = self._run(self.site.http(person.user_id, "PUT /notifications/{notificationId}/read", path=path))
        there = each.at_of(person.user_id) is not None
        assert answer.status == (204 if there else 404)
        self._cleared(person, {each.notification_id} if there else set())

    @rule(reader=who, back=backs)
    def read_all(self, reader: int, back: float | None) -> None:
        person = self._who(reader)
        moment = self.site.clock() - timedelta(seconds=max(back or 0, 0))
        body = None if back is None else {"upTo": iso(self.site.clock() - timedelta(seconds=back))}
        before = self.model.unread(person.user_id, self.site.clock())
        answer = self._run(self.site.http(person.user_id, "PUT /notifications/read", body))
        assert answer.status == 204
        self.model.read_all(person.user_id, iso(moment))
        self._cleared(person, before - self.model.unread(person.user_id, self.site.clock()))

    # What their devices do.

    @rule(owner=who, device=which)
    def connect(self, owner: int, device: int) -> None:
        person = self._who(owner)
        mine = [each for each in self.devices if each.user_id == person.user_id]
        idle = [each for each in mine if each.connection is None]
        if len(mine) < DEVICES and device % 2:
            self.devices.append(Client(person.user_id))
            idle = [self.devices[-1]]
        if idle:
            self._run(idle[device % len(idle)].connect(self.site))

    @precondition(lambda self: self._open())
    @rule(device=which, politely=st.booleans())
    def drop(self, device: int, politely: bool) -> None:
        client = self._client(device)
        assert client.connection
        if politely:
            self._run(self.site.disconnect(client.user_id, client.connection))
        self._drop(client)

    @precondition(lambda self: self._open())
    @rule(device=which, pages=st.sampled_from([1, 2, 1_000]), anew=st.booleans(), forgets=st.booleans())
    def sync(self, device: int, pages: int, anew: bool, forgets: bool) -> None:
        """A sync of a few pages may be one that breaks off, and what a client has forgotten it must get again."""
        client = self._client(device)
        if anew:
            client.cursor = None
        if anew and forgets:
            client.known.clear()
        self._run(client.sync(self.site, pages=pages))
        self._look_at(client)

    @precondition(lambda self: self._open())
    @rule(device=which, some=st.lists(which, min_size=1, max_size=4), seen_only=st.booleans())
    def mark(self, device: int, some: list[int], seen_only: bool) -> None:
        """A client acknowledges or reads what it has, and names something that its person never got."""
        client = self._client(device)
        if not client.known:
            return
        known = sorted(client.known)
        ids = [known[each % len(known)] for each in some]
        others = [each.notification_id for each in self.model.sent.values() if not each.at_of(client.user_id)]
        self._run(client.say(self.site, "ack" if seen_only else "read", [*ids, *others[:2]]))
        if seen_only:
            self.model.seen |= {(client.user_id, each) for each in ids}
            self._cleared(self.model.people[client.user_id], set())
            return
        client.known.update(dict.fromkeys(ids, True))
        self._cleared(self.model.people[client.user_id], set(ids), but=client)

    @precondition(lambda self: len(self._here()) > 2)
    @rule(person=who, sure=st.integers(0, 3))
    def leave(self, person: int, sure: int) -> None:
        somebody = self._who(person)
        if sure or somebody.admin:
            return
        path = {"userId": somebody.user_id}
        answer = self._run(self.site.http(somebody.user_id, "DELETE /users/{userId}", path=path))
        assert answer.status == 204
        somebody.here = False
        for client in [each for each in self.devices if each.user_id == somebody.user_id]:
            assert client.connection is None or client.connection in self.site.fake.ended
            self.devices.remove(client)
        self._told({})

    @rule(seconds=steps)
    def wait(self, seconds: float) -> None:
        self.site.clock.advance(seconds=seconds)
        for client in self._open():
            if client.expires_s <= int(self.site.clock().timestamp()):
                self._drop(client)

    # What they see.

    @rule(reader=who, limit=limits)
    def look_at_messages(self, reader: int, limit: int) -> None:
        person = self._who(reader).user_id
        items = [item for page in self._pages(person, "GET /messages", limit=limit) for item in page["items"]]
        found = [(item["createdAt"], item["messageId"], item["read"]) for item in items]
        self._same(found, self.model.messages(person))
        assert all(item["content"] == self.model.sent[item["messageId"]].content for item in items)

    @rule(reader=who, limit=limits)
    def look_at_notifications(self, reader: int, limit: int) -> None:
        person = self._who(reader).user_id
        expected = self.model.notifications(person, self.site.clock())
        unread = [each for each in expected if not each[2]]
        for query, wanted in (({}, expected), ({"unread": "true"}, unread)):
            pages = self._pages(person, "GET /notifications", limit=limit, **query)
            items = [item for page in pages for item in page["items"]]
            found = [(item["createdAt"], item["notificationId"], item["read"]) for item in items]
            self._same(found, wanted)
            assert {page["unread"] for page in pages} == {len(unread)}

    @rule(sender=who, limit=limits)
    def look_at_sent(self, sender: int, limit: int) -> None:
        person = self._who(sender).user_id
        recent = iso(self.site.clock() - timedelta(days=30))
        pages = self._pages(person, "GET /messages", box="sent", limit=limit)
        items = [item for page in pages for item in page["items"] if item["createdAt"] > recent]
        found = [(item["createdAt"], item["messageId"], item["recipients"]) for item in items]
        sent = [each for each in self.model.sent_by(person) if each.at > recent]
        assert sorted(found) == sorted((each.at, each.message_id, len(each.recipients)) for each in sent)
        assert [each[0] for each in found] == sorted((each[0] for each in found), reverse=True)
        assert all(item["content"] == self.model.sent[item["messageId"]].content for item in items)

    @precondition(lambda self: self.model.sent)
    @rule(sent=which, other=who)
    def look_at_report(self, sent: int, other: int) -> None:
        each, somebody = self._sent(sent), self._who(other).user_id
        for person in {each.sender, somebody}:
            path = {"messageId": each.message_id}
            answer = self._run(self.site.http(person, "GET /messages/{messageId}/delivery", path=path))
            assert answer.status == (200 if person == each.sender else 404)
            if person == each.sender:
                seen = self.model.seen_by(each)
                still = {name for name in seen if self.model.people[name].here}
                assert len(still) <= answer.body["seen"] <= len(seen)
                assert answer.body["recipients"] == len(each.recipients)
                assert (answer.body["state"] == "delivered") == each.told

    @invariant()
    def nobody_heard_what_was_not_theirs(self) -> None:
        for client in self.devices:
            theirs = {each.notification_id for each in self.model.received(client.user_id)}
            assert set(client.known) <= theirs

    def teardown(self) -> None:
        """In the end everybody looks at everything, and every device comes back."""
        if self.model.people:
            self.work()
            for number in range(len(self._here())):
                self.look_at_messages(number, 3)
                self.look_at_notifications(number, 2)
            for client in self.devices:
                if client.connection is None:
                    self._run(client.connect(self.site))
                self._run(client.sync(self.site))
                self._look_at(client)

    # How it is done and compared.

    def _run(self, work: Any) -> Any:
        return self.runner.run(work)

    def _join(self, name: str, *, admin: bool = False) -> None:
        user_id = self.site.join(name)
        self.model.people[user_id] = Somebody(user_id, self.site.now, admin)

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

    def _accept(self, status: int, sender: UserId, *recipients: UserId, content: str) -> None:
        self.keys += 1
        key = f"key-{self.keys}"
        answer: Answer = self._run(self.site.send(sender, *recipients, key=key, content=content))
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

    def _pages(self, person: UserId, route: str, **query: Any) -> list[Frame]:
        """Returns all pages of a list; all but the last are full."""
        pages: list[Frame] = []
        while not pages or pages[-1]["cursor"]:
            more = {"cursor": pages[-1]["cursor"]} if pages else {}
            asked = {name: str(value) for name, value in {**query, **more}.items()}
            answer = self._run(self.site.http(person, route, query=asked))
            assert answer.status == 200, answer
            pages.append(answer.body)
        assert {len(page["items"]) for page in pages[:-1]} <= {query["limit"]}
        return pages

    def _same(self, found: Listed, wanted: Listed) -> None:
        assert sorted(found, reverse=True) == wanted
        assert [each[0] for each in found] == [each[0] for each in wanted]

    def _look_at(self, client: Client) -> None:
        """A device that has synced to the end has all that its person was ever told, and nothing else."""
        if client.more:
            return
        expected = {name: read for _, name, read in self.model.notifications(client.user_id, self.site.clock())}
        assert set(client.known) == set(expected)
        assert client.unread == len(self.model.unread(client.user_id, self.site.clock()))
        if client.whole:
            assert {name for name, read in client.known.items() if read} == {n for n, read in expected.items() if read}


def bound(stage: Stage, runner: asyncio.Runner, clients: Clients) -> type[InboxMachine]:
    """Returns the machine for one stage and one event loop."""
    return type("BoundMachine", (InboxMachine,), {"stage": stage, "runner": runner, "clients": clients})
