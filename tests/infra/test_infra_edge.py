import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from app.models.messages import MAX_SEND_BYTES
from infra.__main__ import add_stacks
from infra.stages import STAGES, Edge
from tests.infra.lint import complaints

EDGE = Edge(requests_per_5_min=2_000)
OWN_NAME = replace(EDGE, name="api.example.com", certificate="arn:aws:acm:us-east-1:123456789012:certificate/abc")
NO_CACHE = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # CloudFront's own policies go by these ids
ALL_BUT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"


@pytest.fixture(scope="module", params=[EDGE, OWN_NAME], ids=["plain", "own name"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _synthesized(request.param, tmp_path_factory.mktemp("edge"))


@pytest.fixture(scope="module")
def resources(folder: Path) -> dict[str, Any]:
    """What the stack of the edge has, by type: one of each."""
    found = json.loads(_file(folder).read_text())["Resources"].values()
    return {each["Type"]: each["Properties"] for each in found}


@pytest.fixture(scope="module")
def distribution(resources: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = resources["AWS::CloudFront::Distribution"]["DistributionConfig"]
    return properties


@pytest.fixture(scope="module")
def rules(resources: dict[str, Any]) -> dict[str, Any]:
    return {rule["Name"]: rule for rule in resources["AWS::WAFv2::WebACL"]["Rules"]}


def test_only_a_stage_that_wants_one_has_an_edge(tmp_path: Path) -> None:
    assert [stage.edge for stage in STAGES.values()] == [None, None]
    assert not _file(_synthesized(None, tmp_path)).exists()


def test_the_edge_is_in_the_region_of_firewalls_for_cloudfront(folder: Path) -> None:
    artifacts = json.loads((folder / "manifest.json").read_text())["artifacts"]
    assert artifacts["site-communications-prod-edge"]["environment"] == "aws://unknown-account/us-east-1"
    assert artifacts["site-communications-prod"]["environment"] == "aws://unknown-account/unknown-region"


def test_nothing_is_cached_and_everything_but_the_host_goes_through(distribution: dict[str, Any]) -> None:
    behaviour = distribution["DefaultCacheBehavior"]
    assert (behaviour["CachePolicyId"], behaviour["OriginRequestPolicyId"]) == (NO_CACHE, ALL_BUT_HOST)
    assert {"GET", "POST", "PUT", "DELETE", "OPTIONS"} <= set(behaviour["AllowedMethods"])


def test_entity_tags_stay_strong(distribution: dict[str, Any]) -> None:
    assert distribution["DefaultCacheBehavior"]["Compress"] is False


def test_it_speaks_tls_on_both_sides(distribution: dict[str, Any]) -> None:
    [origin] = distribution["Origins"]
    assert distribution["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "https-only"
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert origin["CustomOriginConfig"]["OriginSSLProtocols"] == ["TLSv1.2"]


def test_the_origin_is_the_host_that_is_given(distribution: dict[str, Any]) -> None:
    assert [origin["DomainName"] for origin in distribution["Origins"]] == [{"Ref": "HttpHost"}]


def test_the_firewall_stands_in_front(resources: dict[str, Any], distribution: dict[str, Any]) -> None:
    assert distribution["WebACLId"] == {"Fn::GetAtt": ["Firewall", "Arn"]}
    assert resources["AWS::WAFv2::WebACL"]["Scope"] == "CLOUDFRONT"


def test_one_address_may_ask_so_often_and_is_then_told(rules: dict[str, Any]) -> None:
    rule = rules["RequestsPerAddress"]
    limit = {"AggregateKeyType": "IP", "EvaluationWindowSec": 300, "Limit": EDGE.requests_per_5_min}
    assert rule["Statement"] == {"RateBasedStatement": limit}
    assert rule["Action"] == {"Block": {"CustomResponse": {"ResponseCode": 429}}}


def test_no_rule_blocks_for_what_people_write_or_how_much(rules: dict[str, Any]) -> None:
    group = rules["AWSManagedRulesCommonRuleSet"]["Statement"]["ManagedRuleGroupStatement"]
    counted = {each["Name"] for each in group["RuleActionOverrides"] if each["ActionToUse"] == {"Count": {}}}
    about_bodies = {"SizeRestrictions", "EC2MetaDataSSRF", "GenericLFI", "GenericRFI", "CrossSiteScripting"}
    assert counted == {f"{name}_BODY" for name in about_bodies}
    assert MAX_SEND_BYTES > 8 * 1024, "which is where SizeRestrictions_BODY would begin"


def test_the_firewall_keeps_no_samples_of_requests_with_their_tokens(resources: dict[str, Any]) -> None:
    firewall = resources["AWS::WAFv2::WebACL"]
    visible = [firewall["VisibilityConfig"], *(rule["VisibilityConfig"] for rule in firewall["Rules"])]
    assert [each["SampledRequestsEnabled"] for each in visible] == [False] * len(visible)


def test_a_name_of_ones_own_comes_with_its_certificate(tmp_path: Path) -> None:
    file = _file(_synthesized(OWN_NAME, tmp_path))
    [config] = [
        each["Properties"]["DistributionConfig"]
        for each in json.loads(file.read_text())["Resources"].values()
        if each["Type"] == "AWS::CloudFront::Distribution"
    ]
    assert config["Aliases"] == [OWN_NAME.name]
    assert config["ViewerCertificate"]["AcmCertificateArn"] == OWN_NAME.certificate
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"


def test_cloudformations_own_schemas_accept_it(folder: Path) -> None:
    assert complaints([_file(folder)]) == ("", "", 0)


def _synthesized(edge: Edge | None, folder: Path) -> Path:
    app = App(outdir=str(folder), analytics_reporting=False)
    add_stacks(app, replace(STAGES["prod"], edge=edge))
    app.synth()
    return folder


def _file(folder: Path) -> Path:
    return folder / "site-communications-prod-edge.template.json"
