from dataclasses import replace
from typing import Any

import pytest
from aws_cdk import App

from app.catalogue import TABLES, Table
from infra.stack import SiteCommunications
from infra.stages import STAGES, OnDemand, Provisioned
from tests.infra.lint import complaints
from tests.infra.template import Template

TABLE = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
PROVISIONED = Provisioned(least=5, most=400, target_percent=70)


@pytest.fixture(scope="module")
def provisioned(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """A prod whose tables are paid by the hour."""
    folder = tmp_path_factory.mktemp("provisioned")
    stage = replace(STAGES["prod"], capacity=PROVISIONED)
    app = App(outdir=str(folder), analytics_reporting=False)
    SiteCommunications(app, stage)
    app.synth()
    return Template.of(stage, folder)


@TABLE
def test_a_table_by_the_request_has_a_ceiling_for_itself_and_for_each_index(template: Template, table: Table) -> None:
    assert isinstance(template.stage.capacity, OnDemand)
    ceiling = {
        "MaxReadRequestUnits": template.stage.capacity.most_reads,
        "MaxWriteRequestUnits": template.stage.capacity.most_writes,
    }
    properties = template.properties(table.name)
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["OnDemandThroughput"] == ceiling
    indexes = properties.get("GlobalSecondaryIndexes", [])
    assert [each["OnDemandThroughput"] for each in indexes] == [ceiling] * len(table.indexes)


def test_tables_by_the_request_need_no_scaling(template: Template) -> None:
    assert template.all("AWS::ApplicationAutoScaling::ScalableTarget") == {}


@TABLE
def test_a_provisioned_table_begins_with_the_least_and_so_does_each_index(provisioned: Template, table: Table) -> None:
    least = {"ReadCapacityUnits": PROVISIONED.least, "WriteCapacityUnits": PROVISIONED.least}
    properties = provisioned.properties(table.name)
    assert properties.get("BillingMode", "PROVISIONED") == "PROVISIONED"
    assert properties["ProvisionedThroughput"] == least
    indexes = properties.get("GlobalSecondaryIndexes", [])
    assert [each["ProvisionedThroughput"] for each in indexes] == [least] * len(table.indexes)


@TABLE
def test_a_provisioned_table_and_each_index_follow_the_load_in_reading_and_writing(
    provisioned: Template, table: Table
) -> None:
    followed = [f"table/${{{table.name}}}"]
    followed += [f"table/${{{table.name}}}/index/{index.name}" for index in table.indexes]
    kinds = [("table", followed[:1]), ("index", followed[1:])]
    expected = [
        (each, f"dynamodb:{kind}:{direction}CapacityUnits", PROVISIONED.least, PROVISIONED.most)
        for kind, some in kinds
        for each in some
        for direction in ("Read", "Write")
    ]
    assert sorted(_target(each) for each in _targets(provisioned, table)) == sorted(expected)


def test_every_target_has_a_policy_that_aims_at_the_given_use(provisioned: Template) -> None:
    targets = set(provisioned.all("AWS::ApplicationAutoScaling::ScalableTarget"))
    policies = provisioned.all("AWS::ApplicationAutoScaling::ScalingPolicy").values()
    assert {each["ScalingTargetId"].removeprefix("${").removesuffix("}") for each in policies} == targets
    aims = {each["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] for each in policies}
    assert aims == {PROVISIONED.target_percent}


def test_cloudformations_own_schemas_accept_provisioned_tables(provisioned: Template) -> None:
    assert complaints([provisioned.file]) == ("", "", 0)


def test_a_stage_with_provisioned_tables_is_still_one_stack(provisioned: Template) -> None:
    assert len(provisioned.resources) < 500  # CloudFormation's limit


def _targets(template: Template, table: Table) -> list[dict[str, Any]]:
    return [
        each
        for each in template.all("AWS::ApplicationAutoScaling::ScalableTarget").values()
        if each["ResourceId"].split("/")[1] == f"${{{table.name}}}"
    ]


def _target(properties: dict[str, Any]) -> tuple[str, str, int, int]:
    return (
        properties["ResourceId"],
        properties["ScalableDimension"],
        properties["MinCapacity"],
        properties["MaxCapacity"],
    )
