"""A process may die at any moment, and nothing is lost, doubled or invented. README.md says how to read the names."""

from concurrent.futures import Future

import pytest

from tests.faults import points
from tests.faults.checker import verdict
from tests.faults.drive import Played
from tests.faults.scenarios import SCENARIOS

WAIT_S = 280.0  # the tests that come later wait for those that came first


@pytest.mark.parametrize("name", [each.name for each in SCENARIOS])
def test_without_a_crash_all_is_well(name: str, plain: dict[str, "Future[Played]"]) -> None:
    assert verdict(plain[name].result(WAIT_S).history) == []


@pytest.mark.parametrize("name", [each.name for each in SCENARIOS])
def test_every_side_effect_has_its_crash_points_in_the_list(name: str, plain: dict[str, "Future[Played]"]) -> None:
    assert set(plain[name].result(WAIT_S).points) == points.of(name)


@pytest.mark.parametrize("point", points.points())
def test_a_crash_harms_nobody(point: str, crashed: dict[str, "Future[Played]"]) -> None:
    history = crashed[point].result(WAIT_S).history
    assert history.crashes == 1, "it did not die here"
    assert verdict(history) == []
