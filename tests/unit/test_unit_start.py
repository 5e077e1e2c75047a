"""What an environment has in it before the first event, and above all what not; each in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from app.catalogue import FUNCTIONS
from app.start import BEFOREHAND

ROOT = Path(__file__).parents[2]
LOOK = """
import json, os, sys, threading
from app.start import load, warm
standard = set(os.listdir("/proc/self/fd"))
warm(os.environ)
for handler in sys.argv[1:]:
    load(handler)
from app import runtime
opened = [os.readlink(f"/proc/self/fd/{fd}") for fd in set(os.listdir("/proc/self/fd")) - standard if
          os.path.exists(f"/proc/self/fd/{fd}")]
print(json.dumps({"sdk": "aiobotocore" in sys.modules, "opened": opened, "threads": threading.active_count(),
                  "core": runtime._core is not None}))
"""


def started(kind: str | None, *handlers: str) -> Mapping[str, Any]:
    """Returns what there is once an environment of this kind has loaded its handlers."""
    environment = {"PYTHONPATH": str(ROOT), "AWS_DEFAULT_REGION": "eu-central-1"}
    environment |= {"AWS_LAMBDA_INITIALIZATION_TYPE": kind} if kind else {}
    command = [sys.executable, "-c", LOOK, *handlers]
    looked = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    found: Mapping[str, Any] = json.loads(looked.stdout)
    return found


HANDLERS = [function.handler for function in FUNCTIONS]


@pytest.mark.parametrize("kind", BEFOREHAND)
def test_an_environment_that_nobody_waits_for_has_the_sdk(kind: str) -> None:
    assert started(kind, HANDLERS[0])["sdk"] is True


@pytest.mark.parametrize("kind", [None, "on-demand"])
def test_one_that_somebody_waits_for_has_not(kind: str | None) -> None:
    assert started(kind, *HANDLERS)["sdk"] is False


def test_a_snapshot_has_no_socket_no_thread_and_nothing_of_the_core() -> None:
    assert started("snap-start", *HANDLERS) == {"sdk": True, "opened": [], "threads": 1, "core": False}


FIRST_READ = """
import json, os, sys
from app.start import warm
warm(os.environ)
before = set(sys.modules)
from app.channels.dax import Dax
try:
    Dax("dax://127.0.0.1:9")._open()
except Exception as error:  # nobody is there; what was imported until then is what counts
    print(type(error).__name__, file=sys.stderr)
late = sorted(name for name in set(sys.modules) - before if name.startswith(("app", "amazondax", "botocore")))
print(json.dumps(late))
"""


@pytest.mark.parametrize(("endpoint", "late"), [("daxs://cache.example.test", False), ("", True)])
def test_the_caches_client_is_imported_before_it_is_asked_where_there_is_a_cache(endpoint: str, late: bool) -> None:
    environment = {"PYTHONPATH": str(ROOT), "USERS_CACHE": endpoint, "AWS_DEFAULT_REGION": "eu-central-1"}
    command = [sys.executable, "-W", "ignore", "-c", FIRST_READ]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    assert bool(json.loads(said.stdout)) is late, said.stderr
