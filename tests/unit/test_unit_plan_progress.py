"""How a part goes on: whatever comes of its posts, every connection is told of, or counted, exactly once."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.delivery.plan import MOST_MISSED, RETRIES, Reached, after, left_over, wait_s
from app.models.connections import Page
from app.models.deliveries import Progress, Tally
from app.models.ids import ConnectionId
from app.models.times import iso
from tests.unit.delivering import MESSAGE
from tests.unit.people import NOW

NEW = Progress(message_id=MESSAGE, part="0/4")
NOTHING = Reached(Tally(), [], [])
ENDS = ("posted", "gone", "failed", "missed", "untried")


def named(*names: str) -> list[ConnectionId]:
    return [ConnectionId(name) for name in names]


def progress(**parts: object) -> Progress:
    return NEW.model_copy(update=parts)


@dataclass
class Run:
    """A part that is worked off, and what has become of each of its connections."""

    pages: list[Page]
    progress: Progress = NEW
    ends: list[tuple[ConnectionId, str]] = field(default_factory=list)

    def next_page(self) -> Page:
        again = left_over(self.progress)
        return again[0] if again else self.pages.pop(0)

    def tell(self, ends: list[str], *, published: bool = True) -> None:
        """Tells one page, with these ends for its connections, of which the last goes on."""
        page = self.next_page()
        met = [(name, ends[min(place, len(ends) - 1)]) for place, name in enumerate(page.live)]
        self.ends += [(name, end) for name, end in met if end in {"posted", "gone", "failed"}]
        self.progress = after(self.progress, page, reached(met), NOW, published=published)

    def finish(self) -> None:
        while not self.progress.done:
            self.tell(["posted"])


def reached(met: list[tuple[ConnectionId, str]]) -> Reached:
    having = {end: [name for name, other in met if other == end] for end in ENDS}
    tally = Tally(posted=len(having["posted"]), gone=len(having["gone"]), failed=len(having["failed"]))
    return Reached(tally, having["missed"], having["untried"])


@st.composite
def runs(draw: st.DrawFn) -> tuple[Run, list[ConnectionId]]:
    sizes = draw(st.lists(st.integers(0, 4), min_size=1, max_size=4))
    numbers = iter(range(100))
    live = [named(*(f"c{next(numbers)}" for _ in range(size))) for size in sizes]
    cursors = [*(ConnectionId(f"after{place}") for place in range(len(sizes) - 1)), None]
    pages = [Page(live=names, cursor=cursor) for names, cursor in zip(live, cursors, strict=True)]
    return Run(pages), [name for names in live for name in names]


STEPS = st.lists(st.tuples(st.lists(st.sampled_from(ENDS), min_size=1, max_size=5), st.booleans()), max_size=30)


@given(runs(), STEPS)
def test_no_connection_is_lost_or_counted_twice(
    given_run: tuple[Run, list[ConnectionId]], steps: list[tuple[list[str], bool]]
) -> None:
    run, connections = given_run
    for ends, published in steps:
        if not run.progress.done:
            run.tell(ends, published=published)
    counted = run.progress.tally
    unread = [name for page in run.pages for name in page.live]
    whole = counted.posted + counted.gone + counted.failed + len(run.progress.missed) + len(unread)
    assert whole == len(connections)
    assert len(set(run.progress.missed)) == len(run.progress.missed)
    assert not set(run.progress.missed) & ({name for name, _ in run.ends} | set(unread))


@given(runs(), STEPS)
def test_every_connection_has_one_end_and_the_tally_is_the_sum_of_them(
    given_run: tuple[Run, list[ConnectionId]], steps: list[tuple[list[str], bool]]
) -> None:
    run, connections = given_run
    for ends, published in steps:
        if not run.progress.done:
            run.tell(ends, published=published)
    run.finish()
    ends_of = Counter(end for _, end in run.ends)
    given_up = len(connections) - len(run.ends)
    assert len(dict(run.ends)) == len(run.ends)
    assert run.progress.tally == Tally(
        posted=ends_of["posted"], gone=ends_of["gone"], failed=ends_of["failed"] + given_up
    )


@given(runs(), st.lists(st.sampled_from(ENDS), min_size=1, max_size=9))
def test_the_attempts_end_whatever_comes_of_them(given_run: tuple[Run, list[ConnectionId]], ends: list[str]) -> None:
    run, connections = given_run
    rounds = 0
    while not run.progress.done:
        run.tell(ends)
        rounds += 1
        assert rounds <= (RETRIES + 1) * (len(connections) + 4)


@given(runs(), STEPS)
def test_each_page_is_one_version_more(
    given_run: tuple[Run, list[ConnectionId]], steps: list[tuple[list[str], bool]]
) -> None:
    run, _ = given_run
    for ends, published in steps:
        if not run.progress.done:
            before = run.progress.version
            run.tell(ends, published=published)
            assert run.progress.version == before + 1


@given(runs(), STEPS)
def test_what_is_missed_never_waits_longer_than_the_queue_can_hold_it(
    given_run: tuple[Run, list[ConnectionId]], steps: list[tuple[list[str], bool]]
) -> None:
    run, _ = given_run
    for ends, published in steps:
        if not run.progress.done:
            run.tell(ends, published=published)
            assert 0 <= wait_s(run.progress) <= 900


def test_a_page_that_is_told_is_where_the_part_goes_on() -> None:
    told = after(NEW, Page(named("a"), cursor=ConnectionId("a")), NOTHING, NOW, published=True)
    assert (told.cursor, told.read, told.published) == ("a", False, True)


def test_the_page_without_a_next_one_is_the_last() -> None:
    told = after(progress(cursor=ConnectionId("a")), Page(named("b")), NOTHING, NOW, published=True)
    assert (told.cursor, told.read) == (None, True)


@pytest.mark.parametrize("read", [True, False])
def test_another_attempt_does_not_move_the_reading(read: bool) -> None:
    before = progress(read=read, cursor=None if read else ConnectionId("a"), missed=named("x"))
    told = after(before, left_over(before)[0], reached([(ConnectionId("x"), "posted")]), NOW, published=True)
    assert (told.cursor, told.read, told.missed) == (before.cursor, read, [])


def test_what_was_missed_before_stays_missed_while_reading_goes_on() -> None:
    told = after(progress(missed=named("x")), Page(named("y")), Reached(Tally(), named("y"), []), NOW, published=True)
    assert told.missed == ["x", "y"]


def test_what_there_was_no_time_for_is_missed_too() -> None:
    told = after(NEW, Page(named("x", "y")), Reached(Tally(), named("x"), named("y")), NOW, published=True)
    assert told.missed == ["x", "y"]


@pytest.mark.parametrize(("attempt", "counted"), [(0, 1), (3, 4)])
def test_an_attempt_is_counted(attempt: int, counted: int) -> None:
    before = progress(read=True, missed=named("x"), attempt=attempt)
    assert after(before, left_over(before)[0], Reached(Tally(), named("x"), []), NOW, published=True).attempt == counted


def test_what_the_last_attempt_missed_has_failed() -> None:
    before = progress(read=True, missed=named("x", "y"), attempt=RETRIES - 1, tally=Tally(failed=1))
    told = after(before, left_over(before)[0], reached([(ConnectionId("x"), "missed")]), NOW, published=True)
    assert (told.missed, told.attempt, told.tally) == ([], 0, Tally(failed=2))


def test_an_attempt_that_ran_out_of_time_is_not_counted() -> None:
    before = progress(read=True, missed=named("x", "y", "z"), attempt=RETRIES - 1)
    told = after(before, left_over(before)[0], Reached(Tally(posted=1), named("y"), named("z")), NOW, published=True)
    assert (told.missed, told.attempt) == (["y", "z"], RETRIES - 1)


@pytest.mark.parametrize("tally", [Tally(), Tally(gone=1), Tally(failed=1)])
def test_an_attempt_that_reached_nobody_is_counted_although_time_ran_out(tally: Tally) -> None:
    before = progress(read=True, missed=named("x", "y"))
    assert after(before, left_over(before)[0], Reached(tally, [], named("y")), NOW, published=True).attempt == 1


@pytest.mark.parametrize(("attempt", "seconds"), [(0, 15), (3, 405)])
def test_a_part_says_when_it_is_to_be_tried_again(attempt: int, seconds: int) -> None:
    before = progress(read=True, missed=named("x"), attempt=attempt)
    told = after(before, left_over(before)[0], Reached(Tally(), named("x"), []), NOW, published=True)
    assert told.not_before == iso(NOW + timedelta(seconds=seconds))
    assert told.early_s(NOW) == wait_s(told) == seconds


def test_a_part_that_reads_on_is_not_to_wait() -> None:
    before = progress(missed=named("x"), not_before=iso(NOW))
    told = after(before, Page(named("y"), cursor=ConnectionId("y")), NOTHING, NOW, published=True)
    assert (told.missed, told.not_before) == (["x"], None)


def test_attempts_begin_anew_when_nothing_is_missed_any_more() -> None:
    before = progress(missed=named("x"), attempt=3)
    assert after(before, left_over(before)[0], reached([(ConnectionId("x"), "gone")]), NOW, published=True).attempt == 0


def test_a_first_page_is_no_attempt() -> None:
    assert after(NEW, Page(named("x")), Reached(Tally(), named("x"), []), NOW, published=True).attempt == 0


@pytest.mark.parametrize(("attempt", "seconds"), [(0, 5), (1, 15), (2, 45), (3, 135), (4, 405)])
def test_missed_ones_wait_three_times_as_long_before_each_attempt(attempt: int, seconds: int) -> None:
    assert wait_s(progress(read=True, missed=named("x"), attempt=attempt)) == seconds


@pytest.mark.parametrize("read", [True, False])
def test_where_nothing_is_missed_nothing_waits(read: bool) -> None:
    assert wait_s(progress(read=read)) == 0


@pytest.mark.parametrize(("count", "seconds"), [(1, 0), (MOST_MISSED - 1, 0), (MOST_MISSED, 5)])
def test_reading_on_comes_before_waiting_unless_too_many_are_missed(count: int, seconds: int) -> None:
    assert wait_s(progress(missed=named(*(f"c{number}" for number in range(count))))) == seconds


def test_a_new_part_has_nothing_left_over() -> None:
    assert left_over(NEW) == []


def test_missed_ones_are_left_over_at_the_place_where_reading_goes_on() -> None:
    before = progress(missed=named("x"), cursor=ConnectionId("a"))
    assert left_over(before) == [Page(live=named("x"), cursor=ConnectionId("a"), again=True)]


def test_where_all_is_read_only_the_topic_is_left_over() -> None:
    assert left_over(progress(read=True)) == [Page()]
