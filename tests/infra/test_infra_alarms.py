import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from app.catalogue import QUEUES, Queue
from app.delivery.jobs import Jobs
from app.delivery.sweep import Sweeper
from app.stores.deliveries import Deliveries
from tests.infra.template import Properties, Template

_AT_THE_FIRST_ONE = {
    "Threshold": 0,
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 1,
    "Period": 300,
    "TreatMissingData": "notBreaching",
    "AlarmActions": ["${AlertsTopic}"],
}


class _NothingDue:
    async def due(self, _now: datetime) -> AsyncIterator[Any]:
        for nothing in list[Any]():
            yield nothing


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Properties:
    """What the sweeper declares of the metrics that it writes, with the function's name put in."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "${Sweep}")
    sweeper = Sweeper(cast(Deliveries, _NothingDue()), cast(Jobs, None), lambda: datetime.now(UTC))
    asyncio.run(sweeper.sweep())
    [line] = [parsed for line in capsys.readouterr().out.splitlines() if "_aws" in (parsed := json.loads(line))]
    [about] = line["_aws"]["CloudWatchMetrics"]
    [dimensions] = about["Dimensions"]
    return {
        "Namespace": about["Namespace"],
        "Names": {metric["Name"] for metric in about["Metrics"]},
        "Dimensions": [{"Name": name, "Value": line[name]} for name in dimensions],
    }


def test_there_is_an_alarm_for_each_queues_dead_letters_and_two_for_the_sweeper(template: Template) -> None:
    dead_letters = {f"{queue.name.capitalize()}DeadLetterAlarm" for queue in QUEUES}
    assert set(template.all("AWS::CloudWatch::Alarm")) == {*dead_letters, "DeliveriesFailedAlarm", "SweepAlarm"}


@pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.name)
def test_the_first_dead_letter_of_a_queue_alerts(template: Template, queue: Queue) -> None:
    name = queue.name.capitalize()
    assert _alarm(template, f"{name}DeadLetterAlarm") == {
        **_AT_THE_FIRST_ONE,
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateNumberOfMessagesVisible",
        "Dimensions": [{"Name": "QueueName", "Value": f"${{{name}DeadLetterQueue.QueueName}}"}],
        "Statistic": "Maximum",
    }


def test_the_first_delivery_that_was_given_up_alerts(template: Template) -> None:
    assert _alarm(template, "DeliveriesFailedAlarm") == {
        **_AT_THE_FIRST_ONE,
        "Namespace": "SiteCommunications",
        "MetricName": "DeliveriesFailed",
        "Dimensions": [{"Name": "FunctionName", "Value": "${Sweep}"}],
        "Statistic": "Sum",
    }


def test_the_first_sweep_that_fails_alerts(template: Template) -> None:
    assert _alarm(template, "SweepAlarm") == {
        **_AT_THE_FIRST_ONE,
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Dimensions": [{"Name": "FunctionName", "Value": "${Sweep}"}],
        "Statistic": "Sum",
    }


def test_the_alarm_reads_the_metric_that_the_sweeper_writes(template: Template, declared: Properties) -> None:
    alarm = _alarm(template, "DeliveriesFailedAlarm")
    assert alarm["Namespace"] == declared["Namespace"]
    assert alarm["MetricName"] in declared["Names"]
    assert alarm["Dimensions"] == declared["Dimensions"]


def _alarm(template: Template, name: str) -> Properties:
    """An alarm without the words that people read."""
    properties = template.properties(name)
    assert properties.pop("AlarmDescription")
    return properties
