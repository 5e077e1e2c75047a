"""What people see: the lists, the counts and the reports are those of the model."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from app.catalogue import CONNECTIONS, MESSAGES, NOTIFICATIONS
from app.models.ids import UserId
from app.models.times import iso
from tests.inbox.client import Client
from tests.inbox.model import Listed
from tests.inbox.stage import Frame
from tests.inbox.town import Town, which, who

limits = st.sampled_from([1, 2, 3, 7, 100])


class Looking(Town):
    @rule(reader=who, limit=limits)
    def look_at_messages(self, reader: int, limit: int) -> None:
        person = self._who(reader).user_id
        items = [item for page in self._pages(person, "GET /messages", limit=limit) for item in page["items"]]
        found = [(item["createdAt"], item["messageId"], item["read"]) for item in items]
        self._same(found, self.model.messages(person))
        assert all(item["content"] == self.model.sent[item["messageId"]].content for item in items)
        left = {each.user_id: each.name for each in self.model.people.values() if not each.here}
        assert not any(left.get(item["senderId"], "nobody") in item["title"] for item in items)

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
        for person in {each.sender, somebody} & {person.user_id for person in self._here()}:
            path = {"messageId": each.message_id}
            answer = self.run(self.site.http(person, "GET /messages/{messageId}/delivery", path=path))
            assert answer.status == (200 if person == each.sender else 404)
            if person == each.sender:
                seen = self.model.seen_by(each)
                still = {name for name in seen if self.model.people[name].here}
                assert len(still) <= answer.body["seen"] <= len(seen)
                assert answer.body["recipients"] == len(each.recipients)
                assert (answer.body["state"] == "delivered") == each.told

    def nothing_is_left_of_those_who_left(self) -> None:
        left = {each.user_id for each in self.model.people.values() if not each.here}
        for table in (MESSAGES, NOTIFICATIONS, CONNECTIONS):
            assert not left & {row["userId"] for row in self.site.cloud.rows(table)}

    @invariant()
    def nobody_heard_what_was_not_theirs(self) -> None:
        for client in self.devices:
            theirs = {each.notification_id for each in self.model.received(client.user_id)}
            assert set(client.known) <= theirs

    def _look_at(self, client: Client) -> None:
        """A device that has synced to the end has all that its person was ever told, and nothing else."""
        if client.more:
            return
        expected = {name: read for _, name, read in self.model.notifications(client.user_id, self.site.clock())}
        assert set(client.known) == set(expected)
        assert client.unread == len(self.model.unread(client.user_id, self.site.clock()))
        if client.whole:
            assert {name for name, read in client.known.items() if read} == {n for n, read in expected.items() if read}

    def _pages(self, person: UserId, route: str, **query: Any) -> list[Frame]:
        """Returns all pages of a list; all but the last are full."""
        pages: list[Frame] = []
        while not pages or pages[-1]["cursor"]:
            more = {"cursor": pages[-1]["cursor"]} if pages else {}
            asked = {name: str(value) for name, value in {**query, **more}.items()}
            answer = self.run(self.site.http(person, route, query=asked))
            assert answer.status == 200, answer
            pages.append(answer.body)
        assert {len(page["items"]) for page in pages[:-1]} <= {query["limit"]}
        return pages

    def _same(self, found: Listed, wanted: Listed) -> None:
        assert sorted(found, reverse=True) == wanted
        assert [each[0] for each in found] == [each[0] for each in wanted]
