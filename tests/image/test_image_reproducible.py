"""Two builds of one state of the sources give the same layers, wherever and whenever they are made."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image.docker_cli import ROOT, docker
from tests.image.layers import differences, layers

AGAIN = "site-communications-again"
SOURCES = (".dockerignore", "Dockerfile", "Makefile", "app", "docker", "requirements.txt")


@pytest.fixture(scope="module")
def two(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Builds the image once more: from the start, in another folder, with other times and other modes of the files."""
    folder = _copied(tmp_path_factory.mktemp("elsewhere") / "sources")
    one, other = image, _build(folder, AGAIN)
    if _packages(one) != _packages(other):  # Debian has published some since the image was built
        one, other = other, _build(folder, f"{AGAIN}:later")
    yield one, other
    docker("image", "rm", "--force", *{other, AGAIN})


def test_a_build_from_the_start_and_elsewhere_gives_the_same_layers(two: tuple[str, str], tmp_path: Path) -> None:
    if layers(two[0]) != layers(two[1]):
        pytest.fail("\n".join(["these files differ:", *differences(*two, tmp_path)]))


def _copied(folder: Path) -> Path:
    folder.mkdir()
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() or os.access(path, os.X_OK) else 0o600)
        os.utime(path, (1_000_000_000, 1_000_000_000))
    return folder


def _build(folder: Path, image: str) -> str:
    command = ["make", "image", f"IMAGE={image}", "BUILD=--no-cache"]
    build = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)  # noqa: S603
    assert build.returncode == 0, build.stdout + build.stderr
    return image


def _packages(image: str) -> str:
    return docker("run", "--rm", "--entrypoint", "dpkg-query", image, "--show")
