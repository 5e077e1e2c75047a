import json
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from tests.bench.equal_work import Seen, UnequalWorkError
from tests.bench.figures import Spread, best, drift, percentile, ratios
from tests.bench.peer import heard
from tests.bench.plot import plot
from tests.bench.report import table
from tests.bench.rounds import Latency
from tests.bench.targets import TARGETS, Target, headline, sink_ratios, verdicts

NAMES = ["a=", "b="]


def peer(title: str, cost: float) -> dict[str, Any]:
    spread = Spread.of([cost])._asdict()
    return {"title": title, "cpu_us_per_post": spread, "posts_per_s": spread, "latency": None}


def a_result() -> dict[str, Any]:
    ratios_of_it = {"cpu_vs_aioboto3": Spread.of([30.0])._asdict(), "cpu_vs_go": None}
    sink = {"connections": 64, "peers": {"ours": peer("this lane", 20.0)}, "ratios": ratios_of_it}
    return {"sinks": {"at_once": sink, "at_10_ms": sink}, "targets": []}


def seen(*lines: str) -> Seen:
    return Seen.parse("\n".join([*lines, "2 tls TLSv1.3 TLS_AES_128_GCM_SHA256", "2 connection 7"]))


def test_one_outlier_does_not_move_what_is_said_of_all_rounds() -> None:
    assert Spread.of([20.0, 21.04, 900.0]) == (21.0, 20.0, 900.0)


def test_a_ratio_is_taken_within_each_round() -> None:
    assert ratios([100.0, 400.0, 90.0], [10.0, 20.0, 10.0]) == (10.0, 9.0, 20.0)


def test_rounds_without_a_counterpart_are_no_ratio() -> None:
    with pytest.raises(ValueError, match="zip"):
        ratios([100.0], [10.0, 20.0])


def test_the_best_shot_is_the_one_whose_median_costs_least() -> None:
    assert best({"lucky once": [1.0, 9.0, 9.0], "steady": [5.0, 6.0, 7.0]}) == "steady"


def test_where_there_is_no_shot_there_is_no_best() -> None:
    assert best({}) is None


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (0.991, 100), (1.0, 100), (0.0, 1)])
def test_a_percentile_is_a_value_that_was_measured(share: float, value: int) -> None:
    assert percentile(list(range(100, 0, -1)), share) == value


def test_percentiles_of_a_latency_are_in_milliseconds() -> None:
    latency = Latency.of(499.6, [11_000] * 98 + [16_640, 20_000])
    assert latency == Latency(rate=500, p50_ms=11.0, p99_ms=16.6)


def test_drift_is_how_far_the_dearest_size_lies_above_the_cheapest() -> None:
    assert drift([40.0, 46.0, 44.0]) == pytest.approx(0.15)


def test_aioboto3_is_compared_by_its_better_shape() -> None:
    costs = {"ours": [20.0], "aioboto3_gather": [900.0], "aioboto3_workers": [600.0]}
    assert sink_ratios(costs)["cpu_vs_aioboto3"] == (30.0, 30.0, 30.0)


def test_a_peer_that_is_absent_has_no_ratio() -> None:
    assert sink_ratios({"ours": [20.0], "aioboto3_gather": [900.0]})["cpu_vs_go"] is None


@pytest.mark.parametrize(("value", "met"), [(24.9, True), (25, True), (25.1, False)])
def test_a_limit_is_met_up_to_itself(value: float, met: bool) -> None:
    assert Target("cost", "cost", 25).verdict({"cost": value})["met"] is met


@pytest.mark.parametrize(("value", "met"), [(20.1, True), (20, True), (19.9, False)])
def test_a_ratio_is_met_from_its_target_on(value: float, met: bool) -> None:
    assert Target("ratio", "ratio", 20, at_most=False).verdict({"ratio": value})["met"] is met


@pytest.mark.parametrize("result", [{}, {"lane": None}, {"lane": {"hanging": None}}])
def test_what_was_not_measured_is_neither_met_nor_missed(result: dict[str, Any]) -> None:
    verdict = Target("delay", "lane/hanging/delay_s", 1).verdict(result)
    assert (verdict["value"], verdict["met"]) == (None, None)


def test_a_figure_of_nothing_is_measured() -> None:
    assert Target("delay", "delay", 1).verdict({"delay": 0.0})["met"] is True


def test_every_target_has_a_verdict() -> None:
    assert [verdict["figure"] for verdict in verdicts({})] == [target.figure for target in TARGETS]


def test_the_headline_is_of_the_sink_that_answers_at_once() -> None:
    result = a_result()
    result["sinks"]["at_10_ms"] = {}
    ours = {"posts_per_s": 20.0, "cpu_us_per_post": 20.0}
    assert headline(result) == {"cpu_vs_aioboto3": 30.0, "cpu_vs_go": None, **ours}


def test_equal_work_is_each_id_once() -> None:
    work = seen("1 id a=", "1 id b=", "2 bytes 290")
    work.check(NAMES, 1)
    assert work.ids == Counter(NAMES)
    assert work.tls == frozenset({"TLSv1.3 TLS_AES_128_GCM_SHA256"})


@pytest.mark.parametrize(
    "lines",
    [
        ("2 id a=", "1 id b=", "3 bytes 290"),  # twice
        ("1 id a=", "1 bytes 290"),  # not at all
        ("1 id a=", "1 id c=", "2 bytes 290"),  # somebody else
        ("1 id a=", "1 id b=", "1 bytes 290", "1 bytes 0"),  # without the payload
        ("1 id a=", "1 id b=", "2 bytes 290", "1 connection 8"),  # over too many connections
    ],
)
def test_other_work_is_refused(lines: tuple[str, ...]) -> None:
    with pytest.raises(UnequalWorkError):
        seen(*lines).check(NAMES, 1)


def test_a_run_that_measured_little_is_shown_all_the_same() -> None:
    assert "| this lane | 20.0" in table({**a_result(), "lane": None, "handler": None})


def test_the_longest_bar_belongs_to_the_dearest_client() -> None:
    result = a_result()
    result["sinks"]["at_once"]["peers"]["go"] = peer("Go & others", 100.0)
    picture = plot(result)
    assert 'width="94.0"' in picture
    assert 'width="470.0"' in picture
    assert "Go &amp; others" in picture


def test_a_report_is_heard_among_what_a_function_logs_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [{"_aws": {}, "ColdStarts": 1}, {"event": "message", "level": "INFO"}, {"event": "bug", "level": "ERROR"}]
    program = "import sys; print(sys.argv[1])"
    said = "\n".join(map(json.dumps, [*lines, {"answer": 1}]))
    command = [sys.executable, "-c", program, said]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own words
        assert heard(process) == {"answer": 1}
    assert json.loads(capsys.readouterr().err) == lines[2]
