"""The image under test: built once from what is checked out now, which takes a second where nothing changed.

Where the environment names one in IMAGE_UNDER_TEST, it is that one, and nothing is built.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping

import pytest

from app.catalogue import FUNCTIONS, Function
from tests.image.docker_cli import IMAGE, ROOT, docker
from tests.image.emulator import Emulator, serving
from tests.image.filesystem import File, read


@pytest.fixture(scope="session", autouse=True)
def image() -> str:
    """Builds the image unless one is named, and returns its id."""
    if "IMAGE_UNDER_TEST" not in os.environ:
        _build()
    return docker("image", "inspect", "--format", "{{.Id}}", IMAGE)


def _build() -> None:
    build = subprocess.run(["make", "image"], cwd=ROOT, check=False, capture_output=True, text=True)  # noqa: S607
    assert build.returncode == 0, build.stdout + build.stderr


@pytest.fixture(scope="session")
def files(image: str) -> Mapping[str, File]:
    """Returns all that is in the image, by absolute path."""
    return read(image)


@pytest.fixture(scope="module", params=FUNCTIONS, ids=lambda function: function.name)
def function(request: pytest.FixtureRequest) -> Function:
    chosen: Function = request.param
    return chosen


@pytest.fixture(scope="module")
def emulator(function: Function) -> Iterator[Emulator]:
    """Serves one function of the catalogue."""
    with serving(function) as running:
        yield running
