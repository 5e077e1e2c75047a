import json
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

import pytest
from aws_cdk import App, Stack

from infra.image import add_image
from infra.stages import STAGES
from tests.infra.template import Properties, Template


def test_the_image_is_built_for_the_architecture_of_the_functions(template: Template) -> None:
    [image] = template.images
    assert image["source"]["platform"] == "linux/amd64"


def test_the_image_gets_what_the_dockerfile_copies_and_nothing_else(template: Template) -> None:
    [image] = template.images
    folder = template.file.parent / image["source"]["directory"]
    files = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert {file for file in files if not file.startswith("app/")} == {
        "Dockerfile",
        ".dockerignore",
        "requirements.txt",
        "docker/entrypoint.sh",
        "docker/rie-requirements.txt",
    }
    assert "app/catalogue.py" in files
    assert not [file for file in files if "__pycache__" in file]


def test_the_functions_run_from_the_image_that_is_built(template: Template) -> None:
    [image] = template.images
    [destination] = image["destinations"].values()
    expected = f"{destination['repositoryName']}:{destination['imageTag']}"
    for function in template.all("AWS::Lambda::Function").values():
        registry, _, name = function["Code"]["ImageUri"].partition("/")
        assert registry == "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}"
        assert name == expected


def test_images_are_scanned_where_the_stage_may_say_so(templates: Mapping[str, Template]) -> None:
    kind = "AWS::ECR::RegistryScanningConfiguration"
    assert templates["dev"].all(kind) == {}
    assert templates["prod"].all(kind) == {
        "ImageScanning": {
            "ScanType": "BASIC",
            "Rules": [
                {
                    "RepositoryFilters": [
                        {"Filter": "cdk-*-container-assets-*", "FilterType": "WILDCARD"},
                        {"Filter": "site-communications", "FilterType": "WILDCARD"},
                    ],
                    "ScanFrequency": "SCAN_ON_PUSH",
                }
            ],
        }
    }
    assert templates["prod"].resources["ImageScanning"]["DeletionPolicy"] == "Retain"


def test_the_image_lies_in_the_repository_that_is_scanned(template: Template) -> None:
    [image] = template.images
    [destination] = image["destinations"].values()
    assert fnmatch(destination["repositoryName"], "cdk-*-container-assets-*")


def test_the_certificate_of_a_proxy_is_a_secret_of_the_build_and_no_part_of_the_image(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/proxy.pem")
    with_certificate = _image(tmp_path / "with")
    monkeypatch.delenv("SSL_CERT_FILE")
    without = _image(tmp_path / "without")
    assert with_certificate["source"].pop("dockerBuildSecrets") == {"ca": "src=/etc/proxy.pem"}
    assert with_certificate == without


def _image(folder: Path) -> Properties:
    app = App(outdir=str(folder), analytics_reporting=False)
    add_image(Stack(app, "OnlyTheImage"), STAGES["dev"])
    app.synth()
    manifest = json.loads((folder / "OnlyTheImage.assets.json").read_text())
    [image] = manifest["dockerImages"].values()
    found: Properties = image
    return found
