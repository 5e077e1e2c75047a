"""One stack at a time, and nothing of it stays behind."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from laptop import processes, running
from laptop.errors import LaptopError
from laptop.places import Places
from laptop.running import Run


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = Places(tmp_path)
    places.scratch.mkdir(parents=True)
    places.endpoints.write_text("{}")
    return places


@pytest.fixture
def stack() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True) as process:
        yield process
        process.kill()


def record(process: "subprocess.Popen[bytes]", started: str | None = None, engine: str = "process") -> Run:
    return Run(process.pid, started or processes.identity(process.pid) or "", 4566, "laptop-1:4566", engine)


def test_a_stack_is_ended_and_all_its_traces_removed(places: Places, stack: "subprocess.Popen[bytes]") -> None:
    running.save(places, record(stack))
    assert running.end(places)
    assert stack.wait() < 0
    assert list(places.local.iterdir()) == []


def test_ending_nothing_is_no_error(places: Places) -> None:
    assert not running.end(places)
    assert not places.endpoints.exists()


def test_a_stale_record_never_ends_a_stranger(places: Places, stack: "subprocess.Popen[bytes]") -> None:
    running.save(places, record(stack, started="long ago"))
    assert not running.end(places)
    assert stack.poll() is None
    assert not places.run.exists()


def test_a_second_stack_is_refused_while_one_runs(places: Places, stack: "subprocess.Popen[bytes]") -> None:
    running.save(places, record(stack))
    with pytest.raises(LaptopError, match="runs already, on port 4566"):
        running.refuse_a_second(places)
    assert stack.poll() is None
    assert places.endpoints.exists()


def test_what_a_dead_stack_left_is_no_obstacle(places: Places, stack: "subprocess.Popen[bytes]") -> None:
    running.save(places, record(stack))
    stack.kill()
    stack.wait()
    running.refuse_a_second(places)
    assert list(places.local.iterdir()) == []


def test_two_starts_at_once_are_told_apart(places: Places) -> None:
    with running.starting(places), pytest.raises(LaptopError, match="is starting"), running.starting(places):
        pass


def test_the_containers_of_this_stack_are_removed_by_their_ids(
    places: Places, stack: "subprocess.Popen[bytes]", monkeypatch: pytest.MonkeyPatch
) -> None:
    bin_ = places.root / "bin"
    bin_.mkdir()
    calls = places.root / "calls"
    docker = bin_ / "docker"
    docker.write_text(f'#!/bin/sh\necho "$@" >>{calls}\n[ "$1" = ps ] && echo aaa && echo bbb\nexit 0\n')
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", str(bin_), prepend=":")
    running.save(places, record(stack, engine="docker"))
    running.end(places)
    found, removed = calls.read_text().splitlines()
    assert found.endswith("--filter label=ministack.instance=laptop-1:4566")
    assert removed == "rm --force --volumes aaa bbb"
