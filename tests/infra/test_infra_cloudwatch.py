"""The evaluator of alarms is right: AWS's documentation has these tables of missing figures."""

import pytest

from tests.infra.cloudwatch import Alarm, Figure


def _alarm(breaching: int, missing: str) -> Alarm:
    rule = {"Threshold": 0, "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 3, "Period": 300}
    return Alarm({**rule, "MetricName": "Errors", "DatapointsToAlarm": breaching, "TreatMissingData": missing})


def _calculated(expression: str) -> Alarm:
    figures = [{"Id": each, "MetricStat": {"Metric": {"MetricName": each}, "Period": 60}} for each in ("a", "b")]
    rule = {"Threshold": 1, "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1}
    metrics = [{"Id": "e", "Expression": expression}, *figures]
    return Alarm({**rule, "DatapointsToAlarm": 1, "TreatMissingData": "notBreaching", "Metrics": metrics})


@pytest.mark.parametrize(
    ("figures", "with_breaching", "with_not_breaching"),
    [
        ("0-X-X", False, False),
        ("0----", False, False),
        ("-----", True, False),
        ("0XX-X", True, True),
        ("--X--", True, False),
    ],
)
def test_three_of_three_figures_have_to_breach(figures: str, with_breaching: bool, with_not_breaching: bool) -> None:
    assert _alarm(3, "breaching").goes_off({"Errors": _series(figures)}) is with_breaching
    assert _alarm(3, "notBreaching").goes_off({"Errors": _series(figures)}) is with_not_breaching


@pytest.mark.parametrize(
    ("figures", "with_breaching", "with_not_breaching"),
    [
        ("0-X-X", True, True),
        ("00X0X", True, True),
        ("0-X--", True, False),
        ("----0", True, False),
        ("---X-", True, False),
    ],
)
def test_two_of_three_figures_have_to_breach(figures: str, with_breaching: bool, with_not_breaching: bool) -> None:
    assert _alarm(2, "breaching").goes_off({"Errors": _series(figures)}) is with_breaching
    assert _alarm(2, "notBreaching").goes_off({"Errors": _series(figures)}) is with_not_breaching


@pytest.mark.parametrize(
    ("expression", "a", "b", "goes_off"),
    [
        ("FILL(a, 0) + FILL(b, 0)", None, 2, True),
        ("a + b", None, 2, False),
        ("100 * a / b", 1, 0, False),
        ("IF(a < 3, 0, 100 * a / b)", 2, 2, False),
        ("IF(a < 3, 0, 100 * a / b)", 3, 3, True),
    ],
)
def test_expressions_are_calculated_period_by_period(expression: str, a: Figure, b: Figure, goes_off: bool) -> None:
    assert _calculated(expression).goes_off({"a": [a], "b": [b]}) is goes_off


def _series(figures: str) -> list[Figure]:
    return [{"X": 1.0, "0": 0.0, "-": None}[each] for each in figures]
