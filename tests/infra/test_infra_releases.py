"""What was released can be listed and found again, so that a roll-back has something to name."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.releases import main, read
from infra.stages import STAGES

OLD, NEW = "a" * 40, "b" * 40


@pytest.fixture
def ecr() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("ecr", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
        client.create_repository(repositoryName="site-communications")
        yield client
        client.close()


def test_a_release_is_found_for_the_architecture_of_the_stage(ecr: Any, capsys: pytest.CaptureFixture[str]) -> None:
    digests = {
        f"{commit}-{platform}": _push(ecr, commit, platform) for commit in (OLD, NEW) for platform in ("amd64", "arm64")
    }
    assert STAGES["prod"].architecture == "x86_64"
    assert main(["--commit", OLD, "--stage", "prod"], ecr) == 0
    assert capsys.readouterr().out == f"{digests[f'{OLD}-amd64']}\n"


def test_a_commit_that_was_not_released_for_it_is_told_and_prints_nothing(
    ecr: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    _push(ecr, NEW, "arm64")
    assert main(["--commit", NEW, "--stage", "prod"], ecr) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"{NEW} was not released for amd64; `make releases` lists what was\n"


def test_two_commits_with_one_image_are_two_releases(ecr: Any) -> None:
    digest = _push(ecr, OLD, "amd64", content="same")
    assert _push(ecr, NEW, "amd64", content="same") == digest
    assert {(release.commit, release.digest) for release in read(ecr)} == {(OLD, digest), (NEW, digest)}


def test_what_has_no_tag_is_no_release(ecr: Any) -> None:
    ecr.put_image(repositoryName="site-communications", imageManifest=_manifest("untagged"))
    assert read(ecr) == []


def test_the_list_has_the_newest_first(ecr: Any, capsys: pytest.CaptureFixture[str]) -> None:
    pushed = [_push(ecr, f"{number:040}", "amd64") for number in range(3)]
    assert main([], ecr) == 0
    listed = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[-1] for line in listed] == pushed[::-1]
    assert [line[-3:-1] for line in listed] == [[f"{number:040}", "amd64"] for number in (2, 1, 0)]


def _push(ecr: Any, commit: str, platform: str, content: str | None = None) -> str:
    manifest = _manifest(content or f"{commit}-{platform}")
    image = ecr.put_image(
        repositoryName="site-communications", imageManifest=manifest, imageTag=f"{commit}-{platform}"
    )["image"]
    digest: str = image["imageId"]["imageDigest"]
    return digest


def _manifest(content: str) -> str:
    config = {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 1, "digest": content}
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    return json.dumps({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": []})
