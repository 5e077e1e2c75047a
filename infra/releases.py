"""Lists the released images, the newest first, and finds the one of a commit: `python -m infra.releases`.

An image is tagged with its commit and its platform, because Lambda takes no index of several (docker/push.sh).
"""

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3

from infra.registry import RELEASES
from infra.stages import STAGES

_PLATFORMS = {"x86_64": "amd64", "arm64": "arm64"}  # as Lambda and as Docker call them


@dataclass(frozen=True, slots=True)
class Release:
    """One image."""

    commit: str
    platform: str
    digest: str
    pushed_at: datetime


def main(arguments: Sequence[str], ecr: Any = None) -> int:
    options = _parser().parse_args(arguments)
    releases = read(ecr or boto3.client("ecr"))
    if not options.commit:
        print(
            *(f"{each.pushed_at:%Y-%m-%d %H:%M}  {each.commit}  {each.platform}  {each.digest}" for each in releases),
            sep="\n",
        )
        return 0
    platform = _PLATFORMS[STAGES[options.stage].architecture]
    if found := [each.digest for each in releases if (each.commit, each.platform) == (options.commit, platform)]:
        print(*found)
        return 0
    print(f"{options.commit} was not released for {platform}; `make releases` lists what was", file=sys.stderr)
    return 1


def read(ecr: Any) -> list[Release]:
    """Returns all releases, the newest first."""
    pages = ecr.get_paginator("describe_images").paginate(repositoryName=RELEASES)
    found = [release for page in pages for image in page["imageDetails"] for release in _releases(image)]
    return sorted(found, key=lambda release: (release.pushed_at, release.commit), reverse=True)


def _releases(image: dict[str, Any]) -> Iterable[Release]:
    """One for each tag: commits that change nothing in the image have the same one."""
    for tag in image.get("imageTags", ()):
        commit, _, platform = tag.rpartition("-")
        yield Release(commit, platform, image["imageDigest"], image["imagePushedAt"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.releases", description=__doc__)
    parser.add_argument(
        "--commit", type=_commit, help="whose digest to print, by its whole id (default: list all releases)"
    )
    parser.add_argument("--stage", default="dev", choices=tuple(STAGES), help="whose architecture it is to be for")
    return parser


def _commit(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{40}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not the whole id of a commit")
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
