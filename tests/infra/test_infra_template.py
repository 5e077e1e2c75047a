import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.infra.template import Template

# The CDK's own manner: a function waits for its role twice, by naming it and by depending on it.
_ACCEPTED = "W3005"


def test_cloudformations_own_schemas_accept_every_template(templates: Mapping[str, Template]) -> None:
    files = [str(template.file) for template in templates.values()]
    command = [
        str(Path(sys.executable).with_name("cfn-lint")),
        "--ignore-checks",
        _ACCEPTED,
        "--regions",
        "us-east-1",
        "--template",
    ]
    linted = subprocess.run([*command, *files], capture_output=True, text=True, check=False)  # noqa: S603
    assert (linted.stdout, linted.stderr, linted.returncode) == ("", "", 0)


def test_nothing_in_a_template_is_made_by_code_of_the_cdk(template: Template) -> None:
    kinds = {each["Type"] for each in template.resources.values()}
    assert not {kind for kind in kinds if kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource"}
