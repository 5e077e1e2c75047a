import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.delivery.governor import FLOOR, HALVING_S, RECOVERY_S, TOLERATED, Governor

SHARE = 100.0


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def taken(governor: Governor, *, direct: bool = False) -> int:
    """How many posts go at once."""
    count = 0
    while not governor.take(direct=direct):
        count += 1
    return count


def test_as_many_go_at_once_as_may_be_saved_up(clock: Clock) -> None:
    assert taken(Governor(SHARE, burst=20, clock=clock), direct=True) == 20


def test_broadcasts_leave_a_reserve_to_direct_messages(clock: Clock) -> None:
    governor = Governor(SHARE, burst=20, clock=clock)
    assert (taken(governor), taken(governor, direct=True)) == (16, 4)


def test_even_the_smallest_burst_lets_broadcasts_go(clock: Clock) -> None:
    assert taken(Governor(1.0, burst=0, clock=clock)) == 1


def test_the_wait_that_it_names_is_the_one_that_it_takes(clock: Clock) -> None:
    governor = Governor(SHARE, burst=20, clock=clock)
    taken(governor)
    wait_s = governor.take()
    assert wait_s == pytest.approx(1 / SHARE)
    clock.now += wait_s / 2
    assert governor.take()
    clock.now += wait_s / 2 + 1e-9
    assert not governor.take()


def test_a_pause_saves_up_no_more_than_the_burst(clock: Clock) -> None:
    governor = Governor(SHARE, burst=20, clock=clock)
    taken(governor, direct=True)
    clock.now += 3600
    assert taken(governor, direct=True) == 20


def test_throttling_halves_the_rate_and_spends_what_was_saved(clock: Clock) -> None:
    governor = Governor(SHARE, burst=20, clock=clock)
    governor.throttled()
    assert governor.rate == SHARE / 2
    assert taken(governor, direct=True) == 1


def test_many_429_of_one_moment_halve_once(clock: Clock) -> None:
    governor = Governor(SHARE, clock=clock)
    for _ in range(100):
        governor.throttled()
    assert governor.rate == SHARE / 2


def test_the_429_of_a_few_slow_clients_change_nothing(clock: Clock) -> None:
    governor = Governor(SHARE, burst=20, clock=clock)
    for n in range(5000):
        clock.now += 1 / SHARE
        assert not governor.take()
        if n % 50 == 49:
            governor.throttled()
    assert governor.rate == SHARE


def test_a_storm_of_429_halves_the_rate_however_many_posts_went_well_before(clock: Clock) -> None:
    governor = Governor(SHARE, burst=10_000, clock=clock)
    for _ in range(9000):
        governor.take(direct=True)
    for _ in range(60):  # less than one window
        governor.throttled()
    assert governor.rate == SHARE / 2


def test_a_tolerated_429_leaves_what_was_saved(clock: Clock) -> None:
    governor = Governor(SHARE, burst=100, clock=clock)
    for _ in range(50):
        governor.take()
    for _ in range(int(50 * TOLERATED)):
        governor.throttled()
    assert taken(governor, direct=True) == 50


def test_the_rate_never_falls_below_the_floor(clock: Clock) -> None:
    governor = Governor(SHARE, clock=clock)
    for _ in range(20):
        clock.now += HALVING_S
        governor.throttled()
    assert governor.rate == pytest.approx(SHARE * FLOOR)


def test_the_rate_creeps_back_to_the_share_and_no_further(clock: Clock) -> None:
    governor = Governor(SHARE, clock=clock)
    governor.throttled()
    clock.now += RECOVERY_S / 4
    assert governor.rate == pytest.approx(SHARE * 0.75)
    clock.now += RECOVERY_S
    assert governor.rate == SHARE


def test_a_clock_that_is_put_back_gives_nothing_away(clock: Clock) -> None:
    governor = Governor(SHARE, burst=20, clock=clock)
    taken(governor, direct=True)
    clock.now -= 500
    assert governor.take(direct=True)
    clock.now += 1 / SHARE + 1e-9
    assert taken(governor, direct=True) == 1


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="share"):
        Governor(0)


STEPS = st.lists(st.tuples(st.floats(0, 2), st.integers(0, 50), st.booleans(), st.booleans()), max_size=60)


@given(STEPS)
def test_in_no_time_span_more_go_than_share_and_burst_allow(steps: list[tuple[float, int, bool, bool]]) -> None:
    clock = Clock()
    governor = Governor(SHARE, burst=20, clock=clock)
    went: list[float] = []
    for pause_s, asks, direct, throttled in steps:
        clock.now += pause_s
        went += [clock.now for _ in range(asks) if not governor.take(direct=direct)]
        if throttled:
            governor.throttled()
    full = last = 0.0  # a bucket that leaks SHARE a second, and overflows at 20
    for at in went:
        full = max(0.0, full - SHARE * (at - last)) + 1
        last = at
        assert full <= 20 + 1e-3
