"""What docs/deploy.md names is there: commands, variables, options, outputs, files."""

import dataclasses
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from app import catalogue
from app.resources import QUOTA_PER_S
from infra.stages import STAGES, Stage
from tests.infra.template import Template

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/deploy.md").read_text()
GLOBAL = {"query", "output"}  # the options of every command of `aws`


def commands() -> list[list[str]]:
    """Every `aws` command of the document, in words; one that stands in brackets ends with them."""
    lines = re.sub(r"\\\n *", "", TEXT)
    found = re.findall(r"\baws ((?:[a-z0-9-]+) (?:[a-z-]+ )+?--(?:\"\$\([^)]*\)\"|[^`\n)|#])*)", lines)
    return [shlex.split(each) for each in found]


def test_the_commands_are_found() -> None:
    assert len(commands()) == len(re.findall(r"\baws [a-z]", TEXT)) > 15


@pytest.mark.parametrize("command", commands(), ids=lambda command: " ".join(command[:2]))
def test_a_command_of_aws_has_the_parameters_that_the_service_knows(command: list[str]) -> None:
    service, operation, *words = command
    model = botocore.session.get_session().get_service_model(service)
    if operation == "wait":
        waiters = botocore.session.get_session().get_waiter_model(service)
        operation = xform_name(waiters.get_waiter(_pascal(words[0])).operation, "-")
    known = {xform_name(name, "-"): name for name in model.operation_names}
    members = model.operation_model(known[operation]).input_shape
    options = {word.removeprefix("--").removeprefix("no-") for word in words if word.startswith("--")} - GLOBAL
    assert members
    assert options <= {xform_name(name, "-") for name in members.members}
    assert {xform_name(name, "-") for name in members.required_members} <= options


def test_every_target_of_make_is_there_with_its_variables() -> None:
    makefile = (ROOT / "Makefile").read_text()
    called = re.findall(r"(?:`|^)make ([a-z-]+)((?: [A-Z_]+=\S+)*)", TEXT, re.MULTILINE)
    assert len(called) > 8
    for target, variables in called:
        assert re.search(rf"^{target}: .*##", makefile, re.MULTILINE), target
        for variable in re.findall(r"([A-Z_]+)=", variables):
            assert re.search(rf"\$[({{]?\(?({variable})\b|\$\$({variable})\b", makefile), variable


def test_every_output_is_one_of_the_stack(named: Template, release: Template) -> None:
    assert set(re.findall(r"\$\(output (\w+)\)", TEXT)) <= set(named.outputs)
    assert set(re.findall(r"`(\w+Target)`", TEXT)) == {"HttpNameTarget", "SocketNameTarget"} <= set(named.outputs)
    assert {"PushRoleArn", "DeployDevRoleArn", "DeployProdRoleArn"} == set(release.outputs)


def test_every_field_of_a_stage_is_one() -> None:
    fields = {field.name for field in dataclasses.fields(Stage)}
    words = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", TEXT)) | {"edge", "origins"}
    assert words <= fields


def test_every_file_is_there() -> None:
    files = re.findall(r"`((?:\.github|app|docs|infra|tests)/[\w./-]+)`", TEXT)
    assert len(files) > 4
    assert [file for file in files if not (ROOT / file).is_file()] == []


def test_every_variable_of_github_is_one_that_the_workflows_read() -> None:
    workflows = "".join(file.read_text() for file in (ROOT / ".github/workflows").iterdir())
    assert set(re.findall(r"vars\.(\w+)", workflows)) <= set(re.findall(r"`([A-Z_]+)`", TEXT))


def test_the_figures_are_those_of_prod() -> None:
    reserved = sum(each.reserved or 0 for each in STAGES["prod"].concurrency)
    assert QUOTA_PER_S == 10_000
    assert "`QUOTA_PER_S` in `app/resources.py`" in TEXT
    assert f"`prod` reserves {reserved} and needs {reserved + 100}" in TEXT
    assert {table.ttl for table in catalogue.TABLES} == {None, "expiresAt"}


def test_what_is_said_of_tables_and_people_holds(templates: Mapping[str, Template]) -> None:
    for template in templates.values():
        for table in template.all("AWS::DynamoDB::Table").values():
            assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    [pool] = templates["prod"].all("AWS::Cognito::UserPool").values()
    assert pool["DeletionProtection"] == "ACTIVE"


def _pascal(words: str) -> str:
    return "".join(word.capitalize() for word in words.split("-"))
