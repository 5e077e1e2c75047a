"""What is in the image, and above all what is not."""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest

from tests.image import imported
from tests.image.docker_cli import IMAGE, ROOT, docker
from tests.image.filesystem import File, compressed_bytes

LIMIT_BYTES = 70_000_000
PACKAGES = "/usr/local/lib/python3.13/dist-packages"
PYTHON = "/usr/lib/python3.13"
CODE = ("/var/task/", "/usr/local/lib/python3.13/", "/usr/lib/python3.13/")
UNCHECKED_HASH = 0b01  # PEP 552: the byte-code counts whatever the time of its source

UNWANTED = {
    "pip": r"/pip(\d[\d.]*)?(/|$)",
    "uv": r"/bin/uvx?$",
    "compilers": r"/bin/([\w-]+-)?(cc|gcc|g\+\+|c\+\+|clang|ld|as|make|strip)(-\d+)?$",
    "headers": r"^/usr/include/.*\.h$",
    "httpx": r"/httpx(/|-)",
    "awscrt": r"/_?awscrt",
    "types": r"\.pyi$",
    "what is for programmers": rf"{PYTHON}/(unittest|_pyrepl|wsgiref|venv|curses|turtle|pydoc|doctest)(\.py$|/)",
    "tests of libraries": r"dist-packages/.*/(tests?|examples)/",
    "emulator's wheel": r"/samcli/",
    "package lists": r"^/var/lib/apt/lists/.",
    "packages": r"\.(deb|whl)$",
    "logs": r"^/var/log/.*\.log$",
    "caches": r"^(/root/\.cache|/var/cache/ldconfig/.|.*/pip/http)",
    "manual pages": r"^/usr/share/man/.*\.\d(\.gz)?$",
    "documentation": r"^/usr/share/doc/.*/(README|NEWS|changelog\.Debian)",
    "secrets": r"^/run/secrets",
    "AWS services that we never call": r"/botocore/data/ec2/",
    "tests of ours": r"^/var/task/(tests|infra|docker)/",
}
# Packages that nothing imports, and why they stay.
NEVER_IMPORTED = {
    "aiofiles": "aioboto3 needs it for S3 alone, and says that it needs it",
    "attrs": "another name of `attr`, which aiohttp imports",
    "s3transfer": "boto3 needs it for S3 alone, and says that it needs it",
    "snapshot_restore_py": "the runtime interface client imports it in a snapshot",
    "tzdata": "data: the time zones",
}


def app_modules() -> set[str]:
    return {f"/var/task/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "app").rglob("*.py")}


def modules(files: Mapping[str, File]) -> list[str]:
    return [path for path, file in files.items() if path.endswith(".py") and path.startswith(CODE) and not file.is_link]


def compiled(module: str) -> str:
    path = PurePosixPath(module)
    return str(path.parent / "__pycache__" / f"{path.stem}.cpython-313.pyc")


@pytest.mark.parametrize("what", UNWANTED)
def test_it_holds_nothing_that_no_function_needs(files: Mapping[str, File], what: str) -> None:
    assert [path for path, file in files.items() if re.search(UNWANTED[what], path) and not file.is_folder] == []


def test_it_holds_no_package_that_no_function_imports() -> None:
    answer = docker("run", "--rm", "--entrypoint", "python3", IMAGE, "-c", Path(imported.__file__).read_text())

    assert set(json.loads(answer)) == set(NEVER_IMPORTED)


def test_it_holds_the_whole_app_and_nothing_else_of_the_repository(files: Mapping[str, File]) -> None:
    held = {path for path in files if path.startswith("/var/task/") and path.endswith(".py")}

    assert held == app_modules()


def test_every_module_is_compiled(files: Mapping[str, File]) -> None:
    assert len(modules(files)) > 1000
    assert [module for module in modules(files) if compiled(module) not in files] == []


def test_byte_code_does_not_depend_on_times(files: Mapping[str, File]) -> None:
    flags = {module: files[compiled(module)].start[4:8] for module in modules(files)}

    assert set(flags.values()) == {UNCHECKED_HASH.to_bytes(4, "little")}


def test_everybody_may_read_the_code(files: Mapping[str, File]) -> None:
    ours = {
        path: file for path, file in files.items() if path.startswith(("/var/task", "/usr/local", "/entrypoint.sh"))
    }
    needed = {path: 0o555 if file.is_folder else 0o444 for path, file in ours.items() if not file.is_link}

    assert [path for path, bits in needed.items() if ours[path].mode & bits != bits] == []


def test_only_root_may_write_the_code(files: Mapping[str, File]) -> None:
    ours = {
        path: file for path, file in files.items() if path.startswith(("/var/task", "/usr/local/", "/entrypoint.sh"))
    }

    assert [path for path, file in ours.items() if not file.is_link and file.mode & 0o002] == []


def test_licences_are_in_the_image(files: Mapping[str, File]) -> None:
    assert "/usr/share/doc/aws-lambda-rie/LICENSE" in files
    assert "/usr/share/doc/libc6/copyright" in files


def test_it_is_small_enough_to_start_quickly() -> None:
    assert compressed_bytes(IMAGE) < LIMIT_BYTES


def test_no_layer_knows_a_certificate_or_a_secret_of_the_building_machine() -> None:
    history = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", IMAGE)
    variables = docker("image", "inspect", "--format", "{{json .Config.Env}}", IMAGE)

    assert "PIP_CERT" not in history + variables
    assert {entry.split("=")[0] for entry in json.loads(variables)} == {
        "PATH",
        "AWS_EXECUTION_ENV",
        "PYTHONDONTWRITEBYTECODE",
        "PYDANTIC_DISABLE_PLUGINS",
    }


def test_building_it_again_changes_nothing(image: str) -> None:
    subprocess.run(["make", "image"], cwd=ROOT, check=True, capture_output=True)  # noqa: S607

    assert docker("image", "inspect", "--format", "{{.Id}}", IMAGE) == image
