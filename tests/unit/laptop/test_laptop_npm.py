"""Single packages from npm: the archive that we know, or none."""

import dataclasses
from pathlib import Path

import pytest

from laptop import npm
from laptop.errors import LaptopError
from laptop.places import Places
from tests.description.specs import SPECS


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


def test_a_package_is_fetched_once(places: Places) -> None:
    folder = npm.install(places, SPECS)
    (folder / "mark").touch()

    assert npm.install(places, SPECS) == folder
    assert (folder / "mark").exists()
    assert [each.name for each in places.npm.iterdir()] == [SPECS.folder]


def test_another_archive_than_the_one_we_know_is_refused(places: Places) -> None:
    strange = dataclasses.replace(SPECS, integrity="x" * 86 + "==")

    with pytest.raises(LaptopError, match="not the one that we know"):
        npm.install(places, strange)
    assert list(places.npm.iterdir()) == []


def test_a_package_that_is_nowhere_is_said_to_be_missing(places: Places) -> None:
    with pytest.raises(LaptopError, match="Fetching @asyncapi/specs from npm"):
        npm.install(places, dataclasses.replace(SPECS, version="0.0.0-none"))
