from collections.abc import Mapping

from app.catalogue import FUNCTIONS
from infra.stages import STAGES
from tests.infra.template import Template

UNRESERVED = 100  # AWS keeps so many for the functions without a reservation
ACCOUNT = 1_000  # AWS's default for an account in a region; new accounts begin with less


def test_the_stages_name_functions_that_there_are() -> None:
    named = [each.function for stage in STAGES.values() for each in stage.concurrency]
    assert set(named) <= {function.name for function in FUNCTIONS}
    assert len(named) == len(set(named))


def test_prod_reserves_for_sending_and_connecting_and_nothing_else(templates: Mapping[str, Template]) -> None:
    assert _reserved(templates["prod"]) == {"SendMessage": 20, "HandleConnection": 200, "AuthorizeConnection": 60}


def test_dev_fits_into_a_new_account_because_it_reserves_nothing(templates: Mapping[str, Template]) -> None:
    assert _reserved(templates["dev"]) == {}
    assert templates["dev"].all("AWS::Lambda::Alias") == {}


def test_the_default_quota_of_an_account_has_room_for_all_that_is_reserved(template: Template) -> None:
    assert sum(_reserved(template).values()) <= ACCOUNT - UNRESERVED


def test_prod_keeps_environments_warm_behind_an_alias(templates: Mapping[str, Template]) -> None:
    assert templates["prod"].all("AWS::Lambda::Alias") == {
        f"{name}Alias": {
            "FunctionName": f"${{{name}}}",
            "FunctionVersion": f"${{{name}CurrentVersion.Version}}",
            "Name": "live",
            "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 2},
        }
        for name in ("SendMessage", "HandleConnection")
    }


def test_what_is_kept_warm_is_part_of_what_is_reserved() -> None:
    for each in (each for stage in STAGES.values() for each in stage.concurrency):
        assert each.reserved is None or each.provisioned <= each.reserved


def test_everything_that_invokes_a_warm_function_invokes_its_alias(templates: Mapping[str, Template]) -> None:
    template = templates["prod"]
    allowed = [each["FunctionName"] for each in template.all("AWS::Lambda::Permission").values()]
    assert "${SendMessageAlias}" in allowed
    assert "${HandleConnectionAlias}" in allowed
    assert not {"${SendMessage.Arn}", "${HandleConnection.Arn}"} & set(allowed)
    for integration in template.all("AWS::ApiGatewayV2::Integration").values():
        assert "${SendMessage.Arn}" not in integration["IntegrationUri"]
        assert "${HandleConnection.Arn}" not in integration["IntegrationUri"]


def _reserved(template: Template) -> dict[str, int]:
    return {
        name: function["ReservedConcurrentExecutions"]
        for name, function in template.all("AWS::Lambda::Function").items()
        if "ReservedConcurrentExecutions" in function
    }
