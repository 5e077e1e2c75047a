"""Synthesizes the template once for each content of what it is made from."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from laptop import processes
from laptop.mails import SENDER
from laptop.places import Places
from laptop.progress import Say
from laptop.pushes import APPLICATIONS
from laptop.template import Template

STAGE = "dev"
STACK = f"site-communications-{STAGE}"
# What the stage leaves open and a laptop has.
OPTIONS = (
    *("--email-sender", SENDER),
    *(word for name, arn in APPLICATIONS.items() for word in (f"--{name}-application", arn)),
)


def template(places: Places, say: Say) -> Template:
    """The template that `make synth` gives for the stage dev with OPTIONS, from the cache when nothing has changed."""
    output = places.synth / _digest(places.root)
    file = output / f"{STACK}.template.json"
    if not file.exists():
        say("Synthesizing the template")
        shutil.rmtree(places.synth, ignore_errors=True)
        _synthesize(places, output)
    content: Template = json.loads(file.read_bytes())
    return content


def _synthesize(places: Places, output: Path) -> None:
    # Renamed into place when complete, so that an interrupted synthesis is never taken for a whole one.
    unfinished = output.with_suffix(".part")
    command = [str(places.python), "-m", "infra", "--stage", STAGE, "--output", str(unfinished), *OPTIONS]
    processes.run(command, places.root, os.environ, "The synthesis")
    unfinished.rename(output)


def _digest(root: Path) -> str:
    digest = hashlib.sha256("\0".join(OPTIONS).encode())
    for file in _sources(root):
        digest.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _sources(root: Path) -> Iterator[Path]:
    yield from (root / "app/catalogue.py", root / "app/resources.py", root / "requirements-dev.txt")
    yield from sorted(file for file in (root / "infra").rglob("*") if file.is_file() and file.suffix != ".pyc")
