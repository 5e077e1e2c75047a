"""Reads an image from outside: its files, and how large it is."""

import subprocess
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from tests.image.docker_cli import client, docker


@dataclass(frozen=True, slots=True)
class File:
    """One entry of the image's file system."""

    mode: int
    is_folder: bool
    is_link: bool
    start: bytes  # its first 16 bytes


def read(image: str) -> Mapping[str, File]:
    """Returns all that is in an image, by absolute path."""
    identifier = docker("create", image)
    try:
        with _output("export", identifier) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
            return {f"/{member.name.rstrip('/')}": _file(archive, member) for member in archive}
    finally:
        docker("rm", identifier)


def compressed_bytes(image: str) -> int:
    """Returns an upper bound of what a registry would store: the quickest compression instead of the usual one."""
    packer, size = zlib.compressobj(level=1), 0
    with _output("save", image) as stream:
        while block := stream.read(1 << 20):
            size += len(packer.compress(block))
    return size + len(packer.flush())


@contextmanager
def _output(*arguments: str) -> Iterator[IO[bytes]]:
    with subprocess.Popen([client(), *arguments], stdout=subprocess.PIPE) as command:  # noqa: S603 - our own words
        assert command.stdout
        yield command.stdout
    assert command.returncode == 0


def _file(archive: tarfile.TarFile, member: tarfile.TarInfo) -> File:
    content = archive.extractfile(member) if member.isreg() else None
    start = content.read(16) if content else b""
    return File(member.mode, member.isdir(), member.issym() or member.islnk(), start)
