"""Memory and time-outs of the catalogue rest on what was measured; `make sizing PUBLISH=1` measures anew."""

import pytest

from app.catalogue import FUNCTIONS, Function
from infra.pricing import measured, prices
from tests.image.docker_cli import ROOT
from tests.sizing.cases import CASES, cases_of
from tests.sizing.choice import PEAKS, Sizing, longest_s
from tests.sizing.latency import Asked, in_sequence_ms
from tests.sizing.report import page

MEASURED = measured.read()
SIZING = Sizing(MEASURED)
every_function = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)


@every_function
def test_a_function_was_measured_in_all_that_it_does_and_in_an_outage(function: Function) -> None:
    assert cases_of(function)
    assert {case.key for case in cases_of(function)} == SIZING.cases(function).keys()
    assert MEASURED.functions[function.name].peak_mb > 0
    assert MEASURED.outages[function.name]


def test_nothing_is_measured_that_is_not_there() -> None:
    names = {function.name for function in FUNCTIONS}
    assert {case.function for case in CASES} == names == MEASURED.functions.keys()


@every_function
def test_a_function_has_more_memory_than_it_was_seen_to_need(function: Function) -> None:
    assert function.memory_mb >= PEAKS * MEASURED.functions[function.name].peak_mb


@every_function
def test_a_function_has_the_time_to_say_that_aws_is_away(function: Function) -> None:
    assert function.timeout_s <= longest_s(function)
    assert function.timeout_s >= min(SIZING.fails_after_s(function), longest_s(function))


def test_the_page_is_what_was_measured() -> None:
    written = (ROOT / "docs/sizing.md").read_text()
    assert written == page(MEASURED, prices.read()["gb-s x86_64"]), "docs/sizing.md: make sizing PUBLISH=1"


def test_requests_that_wait_for_each_other_add_up_and_others_do_not() -> None:
    first, beside = Asked("dynamodb", "get_item", 0.0, 0.3), Asked("sns", "publish", 0.1, 0.2)
    after_both = Asked("dynamodb", "put_item", 0.3, 0.4)
    assert in_sequence_ms([first, beside]) == 20  # SNS's latency, which is the longer one
    assert in_sequence_ms([after_both, beside, first]) == 25
    assert in_sequence_ms([]) == 0
