"""The waits between attempts have bounds, and chance decides within them."""

from hypothesis import given
from hypothesis import strategies as st

from laptop.patience import Patience


def longest(_lowest: float, highest: float) -> float:
    return highest


def shortest(lowest: float, _highest: float) -> float:
    return lowest


def test_the_bound_doubles_up_to_the_longest() -> None:
    patience = Patience(uniform=longest)
    assert [patience.back_off_s(attempt) for attempt in (0, 1, 2, 5, 6, 20)] == [0.5, 1.0, 2.0, 16.0, 30.0, 30.0]


def test_the_wait_may_be_anything_down_to_nothing() -> None:
    assert Patience(uniform=shortest).back_off_s(5) == 0


@given(st.integers(0, 10**9))
def test_no_wait_is_longer_than_half_a_minute_however_long_nothing_answers(attempt: int) -> None:
    assert 0 <= Patience().back_off_s(attempt) <= 30


@given(st.integers(0, 100), st.floats(0, 1))
def test_the_whole_range_is_left_to_chance(attempt: int, chance: float) -> None:
    wait_s = Patience(uniform=lambda lowest, highest: lowest + chance * (highest - lowest)).back_off_s(attempt)
    assert wait_s == chance * Patience(uniform=longest).back_off_s(attempt)
