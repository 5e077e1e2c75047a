"""docker/push.sh with a `docker` that says what the real one says: a commit is released once, and has one digest."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REPOSITORY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/site-communications"
PUSHED, THERE = "sha256:" + "1a" * 32, "sha256:" + "2b" * 32
DOCKER = """#!/bin/sh
echo "$*" >>"$CALLS"
case "$1 $2" in
    "build --help") echo "      --secret   Secret file to expose to the build" ;;
    "image inspect") echo arm64 ;;
    "pull "*) [ -n "$PULLED" ] || { echo "manifest unknown" >&2; exit 1; }
        printf 'latest: Pulling from x\\nDigest: %s\\nStatus: Downloaded newer image\\n' "$PULLED" ;;
    "push "*) [ -n "$MAY_PUSH" ] || { echo "denied" >&2; exit 1; }
        printf 'The push refers to repository [x]\\n5f70bf18a086: Pushed\\nx: digest: %s size: 1573\\n' "$MAY_PUSH" ;;
esac
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    docker = tmp_path / "docker"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    return tmp_path


def test_a_new_release_is_named_by_commit_and_platform_and_its_digest_is_printed(folder: Path) -> None:
    pushed = _push(folder, MAY_PUSH=PUSHED)
    name = f"{REPOSITORY}:{_commit()}-arm64"
    assert (pushed.returncode, pushed.stdout) == (0, f"{PUSHED}\n")
    assert _calls(folder)[-3:] == [f"pull {name}", f"tag image {name}", f"push {name}"]


def test_what_was_released_stays_and_its_digest_is_printed(folder: Path) -> None:
    pushed = _push(folder, PULLED=THERE, MAY_PUSH=PUSHED)
    assert (pushed.returncode, pushed.stdout) == (0, f"{THERE}\n")
    assert not [call for call in _calls(folder) if call.startswith(("push", "tag"))]


def test_a_push_that_fails_prints_no_digest(folder: Path) -> None:
    pushed = _push(folder)
    assert (pushed.returncode, pushed.stdout) == (1, "")
    assert "denied" in pushed.stderr


def _push(folder: Path, **said: str) -> subprocess.CompletedProcess[str]:
    path = {"PATH": f"{folder}:{os.environ['PATH']}", "CALLS": str(folder / "calls"), "PULLED": "", "MAY_PUSH": ""}
    command = [str(ROOT / "docker/push.sh"), "image", REPOSITORY]
    return subprocess.run(command, env=os.environ | path | said, capture_output=True, text=True, check=False)  # noqa: S603


def _calls(folder: Path) -> list[str]:
    return (folder / "calls").read_text().splitlines()


def _commit() -> str:
    command = ["git", "rev-parse", "HEAD"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
