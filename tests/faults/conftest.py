from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from tests.faults.drive import Played
from tests.faults.scenarios import SCENARIOS
from tests.faults.stage import Stage, opened


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with opened(tmp_path_factory.mktemp("faults")) as stage:
        yield stage


@pytest.fixture(scope="session")
def plain(stage: Stage) -> dict[str, "Future[Played]"]:
    """Each scenario without a crash, by its name."""
    return {each.name: stage.begin(each.name) for each in SCENARIOS}


@pytest.fixture(scope="session")
def crashed(request: pytest.FixtureRequest, stage: Stage) -> dict[str, "Future[Played]"]:
    """What came of each crash point that a test was selected for; they are all begun at once."""
    items = [item for item in request.session.items if isinstance(item, pytest.Function)]
    chosen = [str(item.callspec.params["point"]) for item in items if "point" in item.fixturenames]
    return {point: stage.begin(*_split(point)) for point in chosen}


def _split(point: str) -> tuple[str, str]:
    scenario, _, crash = point.partition("/")
    return scenario, crash
