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


@given(st.data())
def test_everything_is_shown_once_whatever_gets_lost(data: st.DataObject) -> None:
    """Pushes may be lost, come twice or out of order; runs may break off; pages may come twice and be of any size."""
    following, inbox, shown = feed(), [], []  # type: ignore[var-annotated]

    def take(frame: Frame) -> Step:
        step = following.take(frame)
        shown.extend(ids(step))
        return step

    def catch_up(pages: int) -> None:
        sync: Frame | None = following.ask()
        while sync and pages:
            start, pages = int(sync["after"] or 0), pages - 1
            end = start + data.draw(st.integers(1, 4))
            answer = page(*inbox[start:end], cursor=str(min(end, len(inbox))), more=end < len(inbox))
            sync = take(answer).send
            if data.draw(st.booleans()):
                sync = take(answer).send or sync

    for number in range(data.draw(st.integers(0, 12))):
        inbox.append(message(number))
        for pushed in data.draw(st.lists(st.sampled_from(inbox), max_size=2)):
            take(pushed)
        if data.draw(st.booleans()):
            catch_up(pages=data.draw(st.integers(0, 3)))
    catch_up(pages=1000)
    assert sorted(shown) == sorted(each["messageId"] for each in inbox)
