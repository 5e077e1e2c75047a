"""A stage takes the released image that it is told, and rolls back to an earlier one in the same way."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from aws_cdk import App

from app import catalogue
from infra.__main__ import main
from infra.stack import SiteCommunications
from infra.stages import STAGES
from tests.infra.template import Template

ROOT = Path(__file__).parents[2]
RELEASE = "sha256:" + "1a" * 32
EARLIER = "sha256:" + "2b" * 32
WARM = {each.function for each in STAGES["prod"].concurrency if each.provisioned}


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The template of prod as `make deploy` has it written for a digest."""
    folder = tmp_path_factory.mktemp("released")
    main(["--stage", "prod", "--digest", RELEASE, "--output", str(folder)])
    return Template.of(STAGES["prod"], folder)


def test_every_function_runs_the_release_that_is_named(released: Template) -> None:
    uris = {function["Code"]["ImageUri"] for function in released.all("AWS::Lambda::Function").values()}
    registry = "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}"
    assert uris == {f"{registry}/site-communications@{RELEASE}"}
    assert len(released.all("AWS::Lambda::Function")) == len(catalogue.FUNCTIONS)


def test_nothing_is_built_for_a_release(released: Template) -> None:
    assert released.images == []


def test_another_release_changes_the_functions_and_their_versions_and_nothing_else(tmp_path: Path) -> None:
    one, other = _resources(tmp_path / "one", RELEASE), _resources(tmp_path / "other", EARLIER)
    versions = {name for name, each in (one | other).items() if each["Type"] == "AWS::Lambda::Version"}
    assert {name for name in versions if name in one and name in other} == set()
    assert len(versions) == 2 * len(WARM)
    changed = {name for name in one.keys() & other.keys() if one[name] != other[name]}
    assert {one[name]["Type"] for name in changed} == {"AWS::Lambda::Function", "AWS::Lambda::Alias"}
    assert len(changed) == len(catalogue.FUNCTIONS) + len(WARM)


@pytest.mark.parametrize("digest", ["", "latest", "1a" * 32, "sha256:1a", RELEASE.upper(), f"{RELEASE}; true"])
def test_what_is_no_digest_is_refused(digest: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--digest", digest])
    assert "is not sha256: and 64 hexadecimal digits" in capsys.readouterr().err


def _resources(folder: Path, digest: str) -> dict[str, dict[str, object]]:
    app = App(outdir=str(folder), analytics_reporting=False)
    stack = SiteCommunications(app, replace(STAGES["prod"], image_digest=digest))
    app.synth()
    resources: dict[str, dict[str, object]] = json.loads((folder / f"{stack.stack_name}.template.json").read_text())[
        "Resources"
    ]
    return resources


@pytest.mark.parametrize(
    ("variables", "arguments"),
    [
        ({}, "--stage dev"),
        ({"STAGE": "prod", "DIGEST": RELEASE}, f"--stage prod --digest {RELEASE}"),
        ({"DIGEST": "x; echo --check"}, "--stage dev --digest x; echo --check"),
        ({"GITHUB": "acme/site"}, "--stage dev --github acme/site"),
    ],
    ids=str,
)
def test_the_cdk_hands_on_what_make_was_told(variables: dict[str, str], arguments: str) -> None:
    command = json.loads((ROOT / "infra/cdk.json").read_text())["app"].replace("../.venv/bin/python", "echo")
    said = subprocess.run(["sh", "-c", command], env=variables, capture_output=True, text=True, check=True).stdout  # noqa: S603, S607
    assert said.split() == ["-m", "infra", *arguments.split()]
