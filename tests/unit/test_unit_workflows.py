"""GitHub's workflows only call what can be run and tested here, with no more rights than they need.

That their syntax is right, `make lint` sees.
"""

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from infra.stages import STAGES

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").iterdir())
every_workflow = pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
CALLED = re.compile(r"(?:^|[\s(])(make(?: -s)? [a-z-]+|\.ci/\w+|docker/[\w.]+)")


def test_there_are_workflows_to_test_to_release_and_to_deploy() -> None:
    assert [file.name for file in WORKFLOWS] == ["deploy.yml", "release.yml", "test.yml"]


@every_workflow
def test_whatever_it_calls_is_there(file: Path) -> None:
    called = [each for step in _steps(file) for each in CALLED.findall(step.get("run", ""))]
    assert called
    for each in called:
        command, *words = each.split()
        if command == "make":
            assert words[-1] in _targets(), each
        else:
            assert (ROOT / command).stat().st_mode & 0o111, each


@every_workflow
def test_foreign_actions_are_named_by_their_commit_and_their_version(file: Path) -> None:
    used = [line for line in file.read_text().splitlines() if "uses: " in line and "uses: ./" not in line]
    assert used
    assert [line for line in used if not re.search(r"uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)] == []


@every_workflow
def test_a_job_has_no_right_that_it_does_not_name_and_cannot_run_on_for_ever(file: Path) -> None:
    assert _read(file)["permissions"] == {}
    for job in _jobs(file):
        assert set(job["permissions"]) <= {"contents", "id-token"}
        assert job["permissions"]["contents"] == "read"
        assert "uses" in job or job["timeout-minutes"] <= 50


def test_only_jobs_that_take_a_role_may_say_who_they_are() -> None:
    for file in WORKFLOWS:
        for job in _jobs(file):
            takes_a_role = any("configure-aws-credentials" in step.get("uses", "") for step in job.get("steps", ()))
            deploys = job.get("uses") == "./.github/workflows/deploy.yml"
            assert ("id-token" in job["permissions"]) == (takes_a_role or deploys)


def test_nothing_is_pushed_before_it_was_tested_tried_and_scanned() -> None:
    release = _read(ROOT / ".github/workflows/release.yml")["jobs"]
    assert release["image"]["needs"] == "test"
    assert release["deploy"]["needs"] == "image"
    steps = [
        step.get("name") or step.get("run") or step["uses"].partition("@")[0] for step in release["image"]["steps"]
    ]
    assert steps[1:4] == ["make image", "make smoke", "make sbom"]
    assert steps.index("anchore/scan-action") < steps.index("aws-actions/configure-aws-credentials")
    assert steps[-1] == "make push"


def test_the_stages_that_can_be_chosen_are_those_that_there_are() -> None:
    inputs = _read(ROOT / ".github/workflows/deploy.yml")["on"]["workflow_dispatch"]["inputs"]
    assert inputs["stage"]["options"] == list(STAGES)


def test_one_deployment_of_a_stage_waits_for_the_other() -> None:
    concurrency = _read(ROOT / ".github/workflows/deploy.yml")["concurrency"]
    assert concurrency == {"group": "deploy-${{ inputs.stage }}", "cancel-in-progress": False}


@cache
def _read(file: Path) -> Any:
    return YAML(typ="safe").load(file)


def _jobs(file: Path) -> list[Any]:
    return list(_read(file)["jobs"].values())


def _steps(file: Path) -> Iterator[Any]:
    for job in _jobs(file):
        yield from job.get("steps", ())


@cache
def _targets() -> set[str]:
    help_of_make = subprocess.run(["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S607
    return set(re.findall(r"^  make ([a-z-]+)", help_of_make, re.MULTILINE))
