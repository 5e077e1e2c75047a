"""The bill of materials names all that is in the image, and nothing that is not."""

import json
import subprocess
from collections.abc import Mapping

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.image.docker_cli import IMAGE, ROOT, run

PYTHON = {"python_version": "3.13", "python_full_version": "3.13.5"}


@pytest.fixture(scope="module")
def listed(image: str) -> Mapping[str, set[str]]:  # noqa: ARG001 - it is there
    """Returns names and versions by the kind of package: deb, pypi, golang."""
    subprocess.run(["make", "sbom", f"IMAGE={IMAGE}"], cwd=ROOT, check=True, capture_output=True)  # noqa: S603, S607
    packages = json.loads((ROOT / ".local/sbom.spdx.json").read_text())["packages"]
    found: dict[str, set[str]] = {}
    for package in packages:
        for reference in package.get("externalRefs", ()):
            if reference["referenceType"] == "purl":
                kind = reference["referenceLocator"].removeprefix("pkg:").partition("/")[0]
                found.setdefault(kind, set()).add(f"{package['name']} {package['versionInfo']}")
    return found


def test_it_has_every_locked_package_and_no_other(listed: Mapping[str, set[str]]) -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    locked = [Requirement(line.rstrip("\\")) for line in lines if line and not line.startswith((" ", "#"))]
    wanted = {
        f"{canonicalize_name(each.name)} {str(each.specifier).removeprefix('==')}"
        for each in locked
        if not each.marker or each.marker.evaluate(PYTHON)
    }
    assert len(wanted) > 20
    assert {f"{canonicalize_name(name)} {version}" for name, version in map(str.split, listed["pypi"])} == wanted


def test_it_has_every_package_of_debian_and_no_other(listed: Mapping[str, set[str]]) -> None:
    installed = set(run("dpkg-query", "--show", "--showformat", "${Package} ${Version}\\n").splitlines())
    assert len(installed) > 50
    assert listed["deb"] == installed


def test_it_has_what_the_emulator_is_made_of(listed: Mapping[str, set[str]]) -> None:
    assert any(each.startswith("github.com/aws/aws-lambda-runtime-interface-emulator ") for each in listed["golang"])


def test_everything_is_of_a_known_kind(listed: Mapping[str, set[str]]) -> None:
    assert set(listed) == {"deb", "golang", "oci", "pypi"}
