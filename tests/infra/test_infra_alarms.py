import re
from pathlib import Path
from typing import Any

import pytest

from tests.infra.alarm_names import each
from tests.infra.alarm_stories import CACHE_STORIES, STORIES, Story, told
from tests.infra.cloudwatch import Alarm
from tests.infra.template import Template

RUNBOOK = Path(__file__).parents[2] / "docs/runbook.md"
_METRICS = 10  # more cannot be read by one alarm
CASES = [
    pytest.param(name, story, thing, id=f"{name}-{place}")
    for place, story in enumerate(STORIES)
    for name, thing in each(story.kind)
]


def _alarms(template: Template) -> dict[str, Alarm]:
    prefix = f"site-communications-{template.stage.name}-"
    found = template.all("AWS::CloudWatch::Alarm").values()
    return {alarm["AlarmName"].removeprefix(prefix): Alarm(alarm) for alarm in found}


@pytest.mark.parametrize(("name", "story", "thing"), CASES)
def test_an_alarm_goes_off_above_its_threshold_and_not_below(
    template: Template, name: str, story: Story, thing: Any
) -> None:
    alarm = _alarms(template)[name]
    assert not [figures for figures in told(story.quiet, thing) if alarm.goes_off(figures)]
    assert not [figures for figures in told(story.loud, thing) if not alarm.goes_off(figures)]


def test_every_alarm_has_a_story_of_how_it_goes_off(template: Template) -> None:
    assert set(_alarms(template)) == {name for story in STORIES for name, _ in each(story.kind)}


def test_without_figures_only_the_clocks_alarms_go_off(template: Template) -> None:
    silent = {name for name, _ in each("<Clock>Silent")}
    assert {name for name, alarm in _alarms(template).items() if alarm.goes_off({})} == silent


def test_stories_speak_of_no_figures_that_their_alarm_does_not_read(template: Template) -> None:
    for story in STORIES:
        for name, thing in each(story.kind):
            read = {metric["MetricName"] for metric in _alarms(template)[name].metrics.values()}
            figures = {figure for told_ in (story.quiet, story.loud) for one in told(told_, thing) for figure in one}
            assert figures <= read


def test_the_quota_is_looked_at_each_minute_and_all_else_every_five(template: Template) -> None:
    periods = {name: alarm.period_s for name, alarm in _alarms(template).items()}
    assert periods.pop("QuotaUsed") == 60
    assert set(periods.values()) == {300}


@pytest.mark.parametrize(
    ("name", "limit_ms"), [("SendMessageSlow", 22_400), ("DeliverSlow", 57_000), ("GetUserSlow", 12_000)]
)
def test_a_function_is_slow_shortly_before_its_time_is_up(template: Template, name: str, limit_ms: int) -> None:
    alarm = _alarms(template)[name].properties
    assert (alarm["Threshold"], alarm["ExtendedStatistic"]) == (limit_ms, "p99")


def test_every_alarm_tells_the_alerts_topic_what_has_happened_and_where_to_read_on(template: Template) -> None:
    for name, alarm in _alarms(template).items():
        assert alarm.properties["AlarmActions"] == ["${AlertsTopic}"]
        assert re.fullmatch(rf".+\. What to do: docs/runbook\.md, {name}", alarm.properties["AlarmDescription"])


def test_no_alarm_reads_more_metrics_than_it_may(template: Template) -> None:
    assert {name for name, alarm in _alarms(template).items() if len(alarm.metrics) > _METRICS} == set()


def test_the_runbook_has_lines_for_every_alarm_and_no_others(template: Template) -> None:
    headings = re.findall(r"^### `(.+)`$", RUNBOOK.read_text(), re.MULTILINE)
    named = [name for heading in headings for name, _ in each(heading)]
    assert sorted(named) == sorted([*_alarms(template), *(story.kind for story in CACHE_STORIES)])


def test_the_runbook_says_of_each_alarm_what_it_means_and_what_to_do() -> None:
    _, *parts = re.split(r"^### ", RUNBOOK.read_text(), flags=re.MULTILINE)
    assert parts
    for part in parts:
        assert re.search(r"^\* \*\*Means:\*\* \S", part, re.MULTILINE), part
        assert re.search(r"^\* \*\*Do:\*\* \S", part, re.MULTILINE), part


def test_the_runbook_refers_only_to_alarms_that_it_has() -> None:
    text = RUNBOOK.read_text()
    headings = set(re.findall(r"^### `(.+)`$", text, re.MULTILINE))
    assert set(re.findall(r"`(<\w+>\w+)`", text)) <= headings
