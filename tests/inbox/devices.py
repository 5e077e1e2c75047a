"""What devices do: they connect, drop, sync, acknowledge and read."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.inbox.client import Client
from tests.inbox.looking import Looking
from tests.inbox.town import which, who

DEVICES = 3  # of one person
steps = st.sampled_from([0.001, 0.5, 29, 61, 3_599, 3_600, 90_000, 20 * 86_400, 60 * 86_400])


class Devices(Looking):
    @rule(owner=who, device=which)
    def connect(self, owner: int, device: int) -> None:
        person = self._who(owner)
        mine = [each for each in self.devices if each.user_id == person.user_id]
        idle = [each for each in mine if each.connection is None]
        if len(mine) < DEVICES and device % 2:
            self.devices.append(Client(person.user_id))
            idle = [self.devices[-1]]
        if idle:
            self.run(idle[device % len(idle)].connect(self.site))

    @precondition(lambda self: self._open())
    @rule(device=which, politely=st.booleans())
    def drop(self, device: int, politely: bool) -> None:
        client = self._client(device)
        assert client.connection
        if politely:
            self.run(self.site.disconnect(client.user_id, client.connection))
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
        self.run(client.sync(self.site, pages=pages))
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
        self.run(client.say(self.site, "ack" if seen_only else "read", [*ids, *others[:2]]))
        if seen_only:
            self.model.seen |= {(client.user_id, each) for each in ids}
            self._cleared(self.model.people[client.user_id], set())
            return
        client.known.update(dict.fromkeys(ids, True))
        self._cleared(self.model.people[client.user_id], set(ids), but=client)

    @rule(seconds=steps)
    def wait(self, seconds: float) -> None:
        self.site.clock.advance(seconds=seconds)
        for client in self._open():
            if client.expires_s <= int(self.site.clock().timestamp()):
                self._drop(client)
