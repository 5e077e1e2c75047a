import asyncio
from typing import Any

import pytest

from app.delivery.lane import Outcome
from app.errors import UnavailableError
from app.log import log
from app.runtime import Context, Core, OpenApp
from tests.unit.aws import down
from tests.unit.delivering import SMALL, Site, names, work_of
from tests.unit.events import Remaining, lines
from tests.unit.people import ADA, BOB, CLEO
from tests.unit.sending import KEY, send

NOTHING = {"PostsSent": 0, "PostsGone": 0, "PostsThrottled": 0, "PostsFailed": 0}


@pytest.fixture
async def small(site: Site) -> Site:
    site.join(BOB, CLEO)
    await site.accept(work_of(BOB, CLEO))
    return site


def written(capsys: pytest.CaptureFixture[str]) -> list[dict[str, float]]:
    """The figures of each line of metrics."""
    found = [line for line in lines(capsys.readouterr().out) if "_aws" in line]
    declared = [[metric["Name"] for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]] for line in found]
    return [{name: line[name] for name in names_} for line, names_ in zip(found, declared, strict=True)]


async def test_a_part_says_in_one_line_what_came_of_its_posts(small: Site, capsys: pytest.CaptureFixture[str]) -> None:
    small.lane.on(f"c-{BOB}", Outcome.GONE)
    small.clock.advance(seconds=3)
    await small.work_off()
    assert written(capsys) == [{**NOTHING, "PostsSent": 1, "PostsGone": 1, "DeliveryLagMs": 3000}]


@pytest.mark.parametrize(
    ("outcome", "name"),
    [
        (Outcome.THROTTLED, "PostsThrottled"),
        (Outcome.FAILED, "PostsFailed"),
        (Outcome.UNKNOWN, "PostsFailed"),
    ],
)
async def test_a_part_that_is_not_closed_has_no_lag_yet(
    small: Site, capsys: pytest.CaptureFixture[str], outcome: Outcome, name: str
) -> None:
    small.lane.on(f"c-{BOB}", outcome)
    await small.work_off()
    assert written(capsys) == [{**NOTHING, "PostsSent": 1, name: 1}]


async def test_each_run_of_a_part_counts_its_own_posts(small: Site, capsys: pytest.CaptureFixture[str]) -> None:
    small.lane.on(f"c-{BOB}", Outcome.THROTTLED, Outcome.REFUSED)
    await small.work_off()
    small.clock.advance(seconds=5)
    await small.work_off()
    first, second = written(capsys)
    assert first == {**NOTHING, "PostsSent": 1, "PostsThrottled": 1}
    assert second == {**NOTHING, "PostsFailed": 1, "DeliveryLagMs": 5000}


async def test_a_part_that_breaks_off_still_says_what_it_did(small: Site, capsys: pytest.CaptureFixture[str]) -> None:
    small.aws.on("publish", down())
    with pytest.raises(UnavailableError):
        await small.work_off()
    assert written(capsys) == [{**NOTHING, "PostsSent": 2}]


async def test_a_segment_counts_the_posts_of_all_its_pages(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.join(*names(20))
    site.tables.most_in_page = 3
    site.lane.on("c-u0001", Outcome.GONE)
    site.lane.on("c-u0002", Outcome.UNKNOWN)
    await site.accept(work_of())
    for number in range(4):
        await site.work_off(f"{number}/4")
    lines_ = written(capsys)
    assert len(lines_) == 4
    assert [sum(line[name] for line in lines_) for name in NOTHING] == [19, 1, 0, 1]
    assert [line.get("DeliveryLagMs") for line in lines_].count(0) == 3  # one is not closed: a post was missed


async def test_a_message_is_accepted_once_and_counted_once(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.join(ADA, BOB, CLEO)
    await send(site, key=KEY)
    await send(site, key=KEY)
    accepted, part = written(capsys)
    assert accepted == {"MessagesAccepted": 1}
    assert part == {**NOTHING, "PostsSent": 2, "DeliveryLagMs": 0}


async def test_metrics_cost_no_request(small: Site, capsys: pytest.CaptureFixture[str]) -> None:
    await small.work_off(SMALL)
    assert written(capsys)
    assert {name for name in small.aws.operations() if "metric" in name or "log" in name} == set()


async def _work(*_: Any) -> None:
    log("worked")
    await asyncio.create_task(_more())


async def _more() -> None:
    log("worked on")


def test_the_first_call_of_an_environment_is_a_cold_start_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    core = Core()
    for _ in range(3):
        core.run(_work, {}, Remaining())
    core.close()
    assert written(capsys) == [{"ColdStarts": 1}]


def test_a_cold_start_is_counted_even_if_it_fails(capsys: pytest.CaptureFixture[str]) -> None:
    async def fail(open_app: OpenApp, event: Any, context: Context) -> None:  # noqa: ARG001 - every answer has the three
        raise RuntimeError

    core = Core()
    with pytest.raises(RuntimeError):
        core.run(fail, {}, Remaining())
    core.close()
    assert written(capsys) == [{"ColdStarts": 1}]


def test_every_line_says_which_call_of_which_function_it_belongs_to(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "site-GetUser")
    core = Core()
    for number in (1, 2):
        trace = f"Root=1-5759e988-bd862e3fe1be46a99427279{number};Parent=53995c3f42cd8ad8;Sampled=0;Lineage=a:0"
        monkeypatch.setenv("_X_AMZN_TRACE_ID", trace)
        core.run(_work, {}, Remaining(aws_request_id=f"call {number}"))
    core.close()
    said = [line for line in lines(capsys.readouterr().out) if "event" in line]
    assert [(line["event"], line["function"], line["invocationId"], line["traceId"]) for line in said] == [
        (event, "site-GetUser", f"call {number}", f"1-5759e988-bd862e3fe1be46a99427279{number}")
        for number in (1, 2)
        for event in ("worked", "worked on")
    ]


def test_what_the_environment_does_not_say_is_left_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_LAMBDA_FUNCTION_NAME", "_X_AMZN_TRACE_ID"):
        monkeypatch.delenv(name, raising=False)
    core = Core()
    core.run(_work, {}, Remaining(aws_request_id="call"))
    core.close()
    first = next(line for line in lines(capsys.readouterr().out) if "event" in line)
    assert set(first) == {"timestamp", "level", "event", "invocationId"}
