"""What is pushed and what is caught up on become one sequence, without gaps and doubles."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from laptop.feed import Feed, Step
from laptop.history import History
from tests.unit.laptop.backend import Frame, message


def page(*items: Frame, cursor: str = "end", more: bool = False) -> Frame:
    shown = [{"read": False, **each} for each in items]
    return {"type": "page", "items": shown, "cursor": cursor, "more": more, "unread": 0}


def ids(step: Step) -> list[str]:
    return [frame["messageId"] for frame in step.show]


def feed(*history: Frame, cursor: str | None = None, since: str = "", **known: Any) -> Feed:
    return Feed(cursor, History(tuple(history), since=since, **known))


def caught_up(*history: Frame, **known: Any) -> Feed:
    """A feed that has caught up once, with nothing to find."""
    ready = feed(*history, **known)
    ready.ask()
    ready.take(page(cursor="first"))
    return ready


def test_what_the_history_showed_is_not_shown_again() -> None:
    asked = feed(message(1), since=message(1)["createdAt"])
    asked.ask()
    assert ids(asked.take(page(message(1), message(2)))) == ["m2"]


def test_what_is_further_back_than_the_history_is_passed_over() -> None:
    asked = feed(message(5), since=message(5)["createdAt"])
    asked.ask()
    assert ids(asked.take(page(message(3), message(4), message(5), message(6)))) == ["m6"]
    assert asked.unmarked() == [["n5", "n6"]]  # and stays unread


def test_of_the_oldest_moment_in_the_history_what_was_not_shown_is_passed_over_too() -> None:
    moment = message(5)["createdAt"]
    asked = feed(message(5), since=moment)
    asked.ask()
    assert ids(asked.take(page(message(4, createdAt=moment), message(5)))) == []


def test_what_comes_late_is_shown_although_its_time_is_further_back() -> None:
    known = caught_up(message(5), since=message(5)["createdAt"])
    known.ask()
    assert ids(known.take(page(message(3)))) == ["m3"]


def test_what_was_passed_over_is_not_shown_when_it_begins_anew() -> None:
    known = caught_up(message(5), since=message(5)["createdAt"])
    known.ask()
    assert known.take({"type": "error", "code": "invalid_cursor"}).send == {"action": "sync", "after": None}
    assert ids(known.take(page(message(3), message(5), message(6)))) == ["m6"]


def test_nothing_is_passed_over_when_the_history_showed_all() -> None:
    asked = feed(message(5))
    asked.ask()
    assert ids(asked.take(page(message(3), message(5)))) == ["m3"]


def test_a_cursor_counts_only_when_its_run_has_ended() -> None:
    asked = feed(cursor="old")
    asked.ask()
    assert asked.take(page(message(1), cursor="middle", more=True)).send == {"action": "sync", "after": "middle"}
    assert asked.ask() == {"action": "sync", "after": "old"}
    assert asked.take(page(message(1), cursor="new")).caught_up == "new"
    assert asked.ask() == {"action": "sync", "after": "new"}


def test_a_page_that_comes_twice_loses_nothing_and_shows_nothing_twice() -> None:
    asked = feed()
    asked.ask()
    first, second = page(message(1), cursor="middle", more=True), page(message(2))
    steps = [asked.take(each) for each in (first, first, second, second)]
    assert [ids(step) for step in steps] == [[], [], ["m1", "m2"], []]


def test_a_page_that_nobody_asked_for_leaves_the_cursor() -> None:
    known = caught_up()
    assert ids(known.take(page(message(1), cursor="strange"))) == ["m1"]
    assert known.cursor == "first"


def test_a_wrong_cursor_in_the_beginning_is_not_asked_for_for_ever() -> None:
    asked = feed()
    asked.ask()
    assert asked.take({"type": "error", "code": "invalid_cursor"}) == Step()


def test_other_errors_change_nothing() -> None:
    asked = feed(cursor="old")
    asked.ask()
    assert asked.take({"type": "error", "code": "validation_failed"}) == Step()
    assert (asked.cursor, asked.asking) == ("old", True)


def test_what_another_device_has_read_is_not_marked_here() -> None:
    known = caught_up(message(1), message(2), notifications=("n1", "n2"))
    assert known.take({"type": "read", "notificationIds": ["n1", "n9"]}) == Step()
    assert known.unmarked() == [["n2"]]


def test_what_was_marked_is_not_marked_again() -> None:
    known = caught_up(message(1), notifications=("n1",))
    known.marked(["n1"])
    assert known.unmarked() == []


def test_a_mark_that_got_lost_is_made_again() -> None:
    known = caught_up(message(1), notifications=("n1",))
    known.marked(["n1"])
    known.ask()
    assert ids(known.take(page(message(1)))) == []
    assert known.unmarked() == [["n1"]]


def test_marks_come_in_parts_that_fit_a_frame() -> None:
    known = caught_up(notifications=tuple(f"n{number:03d}" for number in range(250)))
    assert [len(some) for some in known.unmarked()] == [100, 100, 50]


class Client:
    """A feed at a server from which pushes get lost, come twice or late, runs break off, and pages come twice."""

    def __init__(self, data: st.DataObject) -> None:
        self.data, self.feed = data, feed()
        self.inbox: list[Frame] = []
        self.shown: list[str] = []

    def take(self, frame: Frame) -> Frame | None:
        step = self.feed.take(frame)
        self.shown += ids(step)
        return step.send

    def is_sent(self, number: int) -> None:
        self.inbox.append(message(number))
        for pushed in self.data.draw(st.lists(st.sampled_from(self.inbox), max_size=2)):
            self.take(pushed)

    def catch_up(self, pages: int) -> None:
        sync: Frame | None = self.feed.ask()
        while sync and pages:
            answer, pages = self.answer(int(sync["after"] or 0)), pages - 1
            sync = self.take(answer)
            if self.data.draw(st.booleans()):
                sync = self.take(answer) or sync

    def answer(self, start: int) -> Frame:
        items = self.inbox[start : start + self.data.draw(st.integers(1, 4))]
        end = start + len(items)
        return page(*items, cursor=str(end), more=end < len(self.inbox))


@given(st.data())
def test_everything_is_shown_once_whatever_gets_lost(data: st.DataObject) -> None:
    client = Client(data)
    for number in range(data.draw(st.integers(0, 12))):
        client.is_sent(number)
        if data.draw(st.booleans()):
            client.catch_up(pages=data.draw(st.integers(0, 3)))
    client.catch_up(pages=1000)
    assert sorted(client.shown) == sorted(each["messageId"] for each in client.inbox)
