"""Installs what the laptop stack needs, once for each content of the pinned requirement files."""

import hashlib
import os
import shutil
import sys
from pathlib import Path

from laptop import processes
from laptop.places import Places
from laptop.progress import Say

UV = ("-m", "uv", "--quiet")


def install_ministack(places: Places, say: Say) -> None:
    """Gives MiniStack an environment of its own, with hashes checked."""
    requirements = places.root / "docker/local/requirements.txt"
    stamp = places.ministack / ".installed"
    if _current(stamp, requirements):
        return
    say("Installing MiniStack (once)")
    shutil.rmtree(places.ministack, ignore_errors=True)
    _uv(places, "venv", "--python", str(places.python), str(places.ministack))
    _install(places, requirements, "--python", str(places.ministack / "bin/python"))
    stamp.write_text(_digest(requirements))


def install_functions(places: Places, say: Say) -> None:
    """Unpacks exactly the image's packages, so that a missing dependency shows here and not on AWS."""
    requirements = places.root / "requirements.txt"
    stamp = places.functions / ".installed"
    if _current(stamp, requirements):
        return
    say("Installing the functions' packages (once)")
    shutil.rmtree(places.functions, ignore_errors=True)
    _install(places, requirements, "--python", str(places.python), "--target", str(places.functions))
    stamp.write_text(_digest(requirements))


def _install(places: Places, requirements: Path, *where: str) -> None:
    _uv(places, "pip", "install", "--require-hashes", "--compile-bytecode", *where, "-r", str(requirements))


def _uv(places: Places, *arguments: str) -> None:
    # An installer needs the person's own settings: proxies, certificates, mirrors.
    processes.run([str(places.python), *UV, *arguments], places.root, os.environ, "The installation")


def _current(stamp: Path, requirements: Path) -> bool:
    return stamp.exists() and stamp.read_text() == _digest(requirements)


def _digest(requirements: Path) -> str:
    return hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
