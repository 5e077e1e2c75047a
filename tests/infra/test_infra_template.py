from collections.abc import Mapping

from tests.infra.lint import complaints
from tests.infra.template import Template


def test_cloudformations_own_schemas_accept_every_template(
    templates: Mapping[str, Template], release: Template, named: Template
) -> None:
    # `named` is prod with more in it, and each template takes seconds.
    assert set(templates["prod"].resources) < set(named.resources)
    assert complaints([release.file, named.file, templates["dev"].file]) == ("", "", 0)


def test_nothing_in_a_template_is_made_by_code_of_the_cdk(template: Template) -> None:
    kinds = {each["Type"] for each in template.resources.values()}
    assert not {kind for kind in kinds if kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource"}
