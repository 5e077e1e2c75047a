"""Drives the Docker engine by its command line, as `make` does."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
IMAGE = os.environ.get("IMAGE_UNDER_TEST") or "site-communications"  # the Makefile's `smoke` names another
TIMEOUT_S = 60

# What Lambda allows: nothing may be written but /tmp, and there are no privileges to be had.
AS_UNDER_LAMBDA = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")  # noqa: S108


@cache
def client() -> str:
    """Returns the docker command that the Makefile uses."""
    command = [str(ROOT / "docker/engine.sh"), "client"]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own script
    return answer.stdout.strip()


def docker(*arguments: str, timeout_s: float = TIMEOUT_S) -> str:
    """Runs one docker command and returns what it printed; raises CalledProcessError, which has its complaint."""
    command = [client(), *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=timeout_s)  # noqa: S603
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    return done.stdout.strip()


def run(*command: str, options: tuple[str, ...] = ()) -> str:
    """Runs one command in place of the image's own, under Lambda's restrictions, and returns what it printed."""
    program, *rest = command
    return docker("run", "--rm", *AS_UNDER_LAMBDA, *options, "--entrypoint", program, IMAGE, *rest)


@contextmanager
def container(
    *command: str, environment: Mapping[str, str] | None = None, options: tuple[str, ...] = ()
) -> Iterator[str]:
    """Starts a container of the image under Lambda's restrictions, gives its id, and removes it whatever happens."""
    variables = [f"--env={name}={value}" for name, value in (environment or {}).items()]
    identifier = docker("create", *AS_UNDER_LAMBDA, *variables, *options, IMAGE, *command)
    try:
        docker("start", identifier)
        yield identifier
    finally:
        docker("rm", "--force", "--volumes", identifier)
