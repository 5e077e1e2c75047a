"""Compares two images layer by layer, and says which files make the difference."""

import hashlib
import json
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TypeAlias

from tests.image.docker_cli import docker

Entries: TypeAlias = Mapping[str, tuple[object, ...]]  # what a layer says of each path: times and owners included


def layers(image: str) -> list[str]:
    """Returns the digests of an image's layers as they are when unpacked, the lowest one first."""
    digests: list[str] = json.loads(docker("image", "inspect", "--format", "{{json .RootFS.Layers}}", image))
    return digests


def differences(one: str, other: str, folder: Path) -> list[str]:
    """Returns the paths of which two images say different things, each with the number of its layer."""
    both = zip(_saved(one, folder / "one.tar"), _saved(other, folder / "other.tar"), strict=True)
    return [
        f"layer {number}: {path}"
        for number, (first, second) in enumerate(both)
        for path in sorted(first.keys() | second.keys())
        if first.get(path) != second.get(path)
    ]


def _saved(image: str, file: Path) -> Iterator[Entries]:
    docker("save", "--output", str(file), image)
    with tarfile.open(file) as archive:
        [manifest] = json.load(_member(archive, "manifest.json"))
        for layer in manifest["Layers"]:
            with tarfile.open(fileobj=_member(archive, layer)) as opened:
                yield {member.name: _entry(opened, member) for member in opened}


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    member = archive.extractfile(name)
    assert member
    return member


def _entry(layer: tarfile.TarFile, member: tarfile.TarInfo) -> tuple[object, ...]:
    content = layer.extractfile(member) if member.isreg() else None
    digest = hashlib.sha256(content.read()).hexdigest() if content else member.linkname
    return member.type, member.mode, member.uid, member.gid, member.mtime, digest
