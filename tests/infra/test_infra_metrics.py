"""What alarms and dashboard read of our own is what the functions write: names, namespace and dimension."""

import json
from typing import Any

import pytest

from app.catalogue import variables
from app.handlers import deliveries, mails, messages
from app.runtime import Core
from app.settings import Settings
from tests.infra.template import Properties, Template
from tests.unit.delivering import Site
from tests.unit.events import Remaining, http_event
from tests.unit.mailing import event
from tests.unit.people import BOB
from tests.unit.telling import told

_OURS = "SiteCommunications"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[Properties]:
    """The lines of metrics of functions that send a message and a mail to somebody, and sweep afterwards."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "it")
    site = Site(Settings.read({name: name.lower() for name in variables()}))
    site.join(BOB)
    core = Core(app=site.app)
    core.run(messages.send.answer, http_event({"recipientIds": [BOB], "content": "hello"}), Remaining())
    core.run(mails.send.answer, event(told(BOB)), Remaining())
    core.run(deliveries.sweep.answer, {}, Remaining(50_000))
    core.close()
    return [line for each in capsys.readouterr().out.splitlines() if "_aws" in (line := json.loads(each))]


def test_what_alarms_and_dashboard_read_is_written(template: Template, written: list[Properties]) -> None:
    read = _read_by_alarms(template) | _read_by_the_dashboard(template)
    names = {metric["Name"] for line in written for metric in _about(line)["Metrics"]}
    assert read
    assert read <= names


def test_it_is_written_under_the_functions_name(written: list[Properties]) -> None:
    for line in written:
        assert (_about(line)["Namespace"], _about(line)["Dimensions"]) == (_OURS, [["FunctionName"]])
        assert line["FunctionName"] == "it"


def test_alarms_read_it_under_the_functions_name(template: Template) -> None:
    dimensions = [
        [dimension["Name"] for dimension in metric["Dimensions"]]
        for alarm in template.all("AWS::CloudWatch::Alarm").values()
        for metric in _metrics(alarm)
        if metric["Namespace"] == _OURS
    ]
    assert dimensions
    assert [names for names in dimensions if names != ["FunctionName"]] == []


def _about(line: Properties) -> Properties:
    [about] = line["_aws"]["CloudWatchMetrics"]
    found: Properties = about
    return found


def _metrics(alarm: Properties) -> list[Properties]:
    if "Metrics" not in alarm:
        return [alarm]
    return [each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each]


def _read_by_alarms(template: Template) -> set[str]:
    alarms = template.all("AWS::CloudWatch::Alarm").values()
    return {metric["MetricName"] for alarm in alarms for metric in _metrics(alarm) if metric["Namespace"] == _OURS}


def _read_by_the_dashboard(template: Template) -> set[str]:
    body = json.loads(template.properties("Dashboard")["DashboardBody"])
    rows: list[list[Any]] = [row for widget in body["widgets"] for row in widget["properties"].get("metrics", ())]
    return {row[1] for row in rows if row[0] == _OURS}
