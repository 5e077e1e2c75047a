"""A stage may have host names of its own, beside those of API Gateway."""

from collections.abc import Mapping

from tests.infra.conftest import CERTIFICATE, HTTP, SOCKETS
from tests.infra.template import Template


def test_each_name_leads_to_its_api_without_a_path(named: Template) -> None:
    assert named.all("AWS::ApiGatewayV2::ApiMapping") == {
        "HttpMapping": {"ApiId": "${HttpApi}", "DomainName": "${HttpName}", "Stage": "$default"},
        "SocketMapping": {"ApiId": "${SocketApi}", "DomainName": "${SocketName}", "Stage": "prod"},
    }
    assert "HttpApiStage" in named.resources["HttpMapping"]["DependsOn"]
    assert "SocketApiStage" in named.resources["SocketMapping"]["DependsOn"]


def test_each_name_has_its_certificate_and_modern_tls(named: Template) -> None:
    names = named.all("AWS::ApiGatewayV2::DomainName")
    assert {each["DomainName"] for each in names.values()} == {HTTP.host, SOCKETS.host}
    for each in names.values():
        [configuration] = each["DomainNameConfigurations"]
        assert configuration == {
            "CertificateArn": CERTIFICATE,
            "EndpointType": "REGIONAL",
            "SecurityPolicy": "TLS_1_2",
        }


def test_the_stack_says_where_the_names_are_to_point(named: Template) -> None:
    assert named.outputs["HttpNameTarget"] == "${HttpName.RegionalDomainName}"
    assert named.outputs["SocketNameTarget"] == "${SocketName.RegionalDomainName}"


def test_connections_are_managed_under_the_name_of_api_gateway_all_the_same(
    named: Template, templates: Mapping[str, Template]
) -> None:
    sockets = {
        each["Environment"]["Variables"]["MANAGEMENT_ENDPOINT"] for each in named.all("AWS::Lambda::Function").values()
    }
    plain = templates["prod"].all("AWS::Lambda::Function").values()
    assert sockets == {each["Environment"]["Variables"]["MANAGEMENT_ENDPOINT"] for each in plain}
    assert named.outputs["SocketEndpoint"] == templates["prod"].outputs["SocketEndpoint"]


def test_a_stage_has_no_name_unless_it_is_given_one(templates: Mapping[str, Template]) -> None:
    for template in templates.values():
        assert template.all("AWS::ApiGatewayV2::DomainName") == {}
