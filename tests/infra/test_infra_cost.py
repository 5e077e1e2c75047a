"""docs/cost.md says what the template of prod costs, and nothing in a template is left out of the bill."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from infra.edge import SiteCommunicationsEdge
from infra.pricing import prices
from infra.pricing.__main__ import DOCS, publish
from infra.pricing.covered import ELSEWHERE, FREE, PRICED
from infra.pricing.inventory import inventory
from infra.stages import STAGES, Edge
from tests.infra.template import Template


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    app = App(outdir=str(tmp_path_factory.mktemp("edge")), analytics_reporting=False)
    stack = SiteCommunicationsEdge(app, "edge", STAGES["prod"], Edge(requests_per_5_min=100))
    found: Mapping[str, Any] = app.synth().get_stack_by_name(stack.stack_name).template
    return found


def body(template: Template) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(template.file.read_text())
    return found


def kinds(template: Mapping[str, Any]) -> set[str]:
    return {each["Type"] for each in template["Resources"].values()}


def test_the_page_is_what_the_template_and_the_measurements_give(
    templates: Mapping[str, Template], tmp_path: Path
) -> None:
    publish(inventory([body(templates["prod"])]), tmp_path)
    for name in ("cost.md", "cost.svg"):
        assert (DOCS / name).read_text() == (tmp_path / name).read_text(), f"docs/{name}: make cost PUBLISH=1"


def test_every_kind_of_resource_is_priced_or_free_for_a_reason(template: Template, edge: Mapping[str, Any]) -> None:
    assert kinds(body(template)) | kinds(edge) <= PRICED.keys() | FREE.keys()
    assert not PRICED.keys() & FREE.keys()


def test_what_is_priced_is_in_the_table_of_prices() -> None:
    named = {name for names in PRICED.values() for name in names} | {*ELSEWHERE}
    assert named | {"people lite"} == prices.read().keys()


def test_the_inventory_counts_what_is_in_the_template(
    templates: Mapping[str, Template], edge: Mapping[str, Any]
) -> None:
    prod = templates["prod"]
    found = inventory([body(prod), edge])
    assert found.memory_mb.keys() == set(prod.all("AWS::Lambda::Function"))
    assert found.warm == {each.function: each.provisioned for each in prod.stage.concurrency if each.provisioned}
    assert found.alarm_metrics > len(prod.all("AWS::CloudWatch::Alarm"))  # some are formulas over several
    assert (found.tables, found.topics, found.queue_sources, found.keys, found.dashboards) == (7, 2, 3, 1, 1)
    assert (found.mails, found.pushes) == (bool(prod.stage.email_sender), bool(prod.stage.fcm_application))
    assert (found.log_months, found.firewall_rules) == (3, (3,))


@pytest.mark.parametrize("price", prices.read().values(), ids=lambda price: price.item)
def test_every_price_has_a_source_and_a_day(price: prices.Price) -> None:
    assert price.usd > 0
    assert price.source
    assert price.date >= "2025"
    assert price.confidence in {"sure", "likely"}
