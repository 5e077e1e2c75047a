import json
import re
from typing import Any

from app.catalogue import FUNCTIONS, QUEUES
from tests.infra.template import Template

_WIDTH, _HEIGHT = 24, 19  # what a laptop shows without scrolling


def _widgets(template: Template) -> list[dict[str, Any]]:
    [dashboard] = template.all("AWS::CloudWatch::Dashboard").values()
    assert dashboard["DashboardName"] == f"site-communications-{template.stage.name}"
    widgets: list[dict[str, Any]] = json.loads(dashboard["DashboardBody"])["widgets"]
    return widgets


def test_the_dashboard_fits_on_a_screen(template: Template) -> None:
    widgets = _widgets(template)
    assert max(widget["y"] + widget["height"] for widget in widgets) <= _HEIGHT
    assert max(widget["x"] + widget["width"] for widget in widgets) <= _WIDTH
    assert len(widgets) <= 9


def test_first_of_all_it_names_every_alarm_that_has_gone_off(template: Template) -> None:
    text, troubles = _widgets(template)[:2]
    assert (text["type"], troubles["type"]) == ("text", "alarm")
    assert troubles["properties"]["states"] == ["ALARM"]
    assert set(troubles["properties"]["alarms"]) == {
        f"${{{name}.Arn}}" for name in template.all("AWS::CloudWatch::Alarm")
    }


def test_every_graph_has_a_title_and_every_line_a_name_of_its_own(template: Template) -> None:
    for widget in _widgets(template)[2:]:
        properties = widget["properties"]
        labels = [row[-1]["label"] for row in properties["metrics"] if row[-1].get("visible", True)]
        assert properties["title"]
        assert labels
        assert len(set(labels)) == len(labels)


def test_expressions_use_the_figures_that_stand_beside_them(template: Template) -> None:
    for widget in _widgets(template)[2:]:
        rows = widget["properties"]["metrics"]
        ids = {row[-1].get("id") for row in rows}
        expressions = [row[0]["expression"] for row in rows if isinstance(row[0], dict)]
        used = {name for expression in expressions for name in re.findall(r"\bm\w*\d\b", expression)}
        assert used <= ids


def test_it_shows_every_queue_and_counts_what_fails_in_every_function(template: Template) -> None:
    shown = [row for widget in _widgets(template)[2:] for row in widget["properties"]["metrics"]]
    failing = {row[3] for row in shown if row[:2] == ["AWS/Lambda", "Errors"]}
    waiting = {row[3] for row in shown if row[:2] == ["AWS/SQS", "ApproximateAgeOfOldestMessage"]}
    assert failing == {f"${{{function.name}}}" for function in FUNCTIONS}
    assert waiting == {f"${{{queue.name.capitalize()}Queue.QueueName}}" for queue in QUEUES}
