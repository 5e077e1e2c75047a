"""Measures all functions: one after another what they take, and side by side outages, in which they only wait."""

import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.catalogue import FUNCTIONS, Function
from app.settings import Settings
from tests.bench.conditions import processor
from tests.image.docker_cli import client
from tests.integration.site import ACCESS_KEY, REGION, SECRET_KEY, STAGE
from tests.lane.certificates import Pems
from tests.sizing.border import Border
from tests.sizing.cases import Case, cases_of
from tests.sizing.choice import patience_s
from tests.sizing.container import contained
from tests.sizing.measure import Bench
from tests.sizing.town import Country

STARTS = 3
AT_ONCE = 10  # cases in an outage
UNLIMITED = "999999999"


@dataclass(frozen=True, slots=True)
class Run:
    image: str
    country: Country
    pems: Pems

    def measured(self) -> dict[str, Any]:
        """Returns all figures: by function, by case, and of the outages."""
        conditions, image_mb = _conditions(), _compressed_mb(self.image)
        functions: dict[str, Any] = {}
        cases: dict[str, Any] = {}
        for function in FUNCTIONS:
            _say(f"measuring {function.name}")
            functions[function.name], some = self._function(function)
            cases |= some
        outages = self._outages(cases)
        return {
            "conditions": conditions,
            "image_mb": image_mb,
            "functions": functions,
            "cases": cases,
            "outages": outages,
        }

    def _function(self, function: Function) -> tuple[dict[str, Any], dict[str, Any]]:
        cases = cases_of(function)
        starts = []
        for _ in range(STARTS - 1):
            with self._bench(function) as bench:
                starts.append(bench.start(cases[0]))
        with self._bench(function) as bench:
            starts.append(bench.start(cases[0]))
            figures = {case.key: bench.case(case) for case in cases}
            peak_mb, metrics = bench.function.peak_mb(), bench.function.metrics()
        init, first = (min(column) for column in zip(*starts, strict=True))  # others on the machine only add to it
        took = {"init_cpu_ms": round(init), "first_cpu_ms": round(first), "peak_mb": round(peak_mb, 1)}
        return {**took, "metrics": metrics, "patience_s": patience_s(function)}, figures

    def _outages(self, cases: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Returns all outages of all functions; what takes longest begins first."""
        jobs = [(function, *job) for function in FUNCTIONS for job in _operations(function, cases)]
        jobs.sort(key=lambda job: (not job[1].heavy, -len(job[2])))
        _say("having AWS fail")
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = pool.map(lambda job: self._outages_of(*job), jobs)
            return [outage for some in found for outage in some]

    def _outages_of(self, function: Function, case: Case, operations: Sequence[str]) -> list[dict[str, Any]]:
        with self._bench(function, timeout_s=patience_s(function)) as bench:
            bench.start(case)
            found = bench.outages(case, operations)
        _say(f"{case.key}: it has failed")
        return found

    @contextmanager
    def _bench(self, function: Function, timeout_s: int | None = None) -> Iterator[Bench]:
        with self.country.town() as town, Border(self.country.url, self.pems) as border:
            environment = {
                **town.site.names,
                "MANAGEMENT_ENDPOINT": f"{border.url}/{STAGE}",
                "AWS_ENDPOINT_URL": border.url,
                "AWS_REGION": REGION,
                "AWS_DEFAULT_REGION": REGION,
                "AWS_ACCESS_KEY_ID": ACCESS_KEY,
                "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
                "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout_s or function.timeout_s),
                "SENDS_PER_MIN": UNLIMITED,
            }
            assert Settings.read(environment)
            with contained(function, self.image, environment, self.pems.roots) as running:
                yield Bench(town, border, running)


def _conditions() -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": processor(),
        "cpus": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),  # before the start: what else the machine does
        "kernel": platform.release(),
    }


def _compressed_mb(image: str) -> float:
    """Returns about what ECR keeps: layers are compressed one by one there, and here all together."""
    saved = f"{shlex.quote(client())} save {shlex.quote(image)} | gzip --fast | wc --bytes"
    done = subprocess.run(saved, shell=True, check=True, capture_output=True, text=True)  # noqa: S602 - our own words
    return round(int(done.stdout) / 1e6, 1)


def _operations(function: Function, cases: Mapping[str, Any]) -> Iterator[tuple[Case, Sequence[str]]]:
    """Yields at which operations of each case outages begin: of what is done every day once at each."""
    seen: set[str] = set()
    for case in cases_of(function):
        asked = [name.split()[1] for name in cases[case.key]["requests"]]
        if some := [name for name in asked if case.heavy or name not in seen]:
            yield case, some
        seen.update(asked)


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")
