"""What a stage has that costs money whether or not anybody uses it, counted in its synthesized templates."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aws_cdk import App

from app.catalogue import EMAIL_SENDER, FUNCTIONS, PUSH_APPLICATIONS
from infra.__main__ import add_stacks
from infra.stages import Stage

Template: TypeAlias = Mapping[str, Any]
_NAMES = {function.handler: function.name for function in FUNCTIONS}


class UnpricedError(Exception):
    """The stage has something that this cannot price; the message says what."""


@dataclass(frozen=True, slots=True)
class Inventory:
    memory_mb: Mapping[str, int]  # of each function, by its name in the catalogue
    warm: Mapping[str, int]  # environments that are kept warm, by function
    architecture: str
    mails: bool  # whether it has a sender
    pushes: bool  # whether it has a platform application
    alarm_metrics: int  # an alarm over a formula pays for each metric in it
    dashboards: int
    keys: int
    topics: int
    tables: int
    queue_sources: int
    log_months: float  # for which logs are kept
    firewall_rules: tuple[int, ...] = ()  # of each firewall
    cache_nodes: Mapping[str, int] = field(default_factory=dict)  # of DAX, by their type


def templates_of(stage: Stage) -> Sequence[Template]:
    """Synthesizes a stage, and returns the template of each of its stacks."""
    with tempfile.TemporaryDirectory() as folder:
        app = App(outdir=folder, analytics_reporting=False)
        add_stacks(app, stage)
        return [stack.template for stack in app.synth().stacks]


def inventory(templates: Iterable[Template]) -> Inventory:
    """Counts; raises UnpricedError for tables that are paid by the hour."""
    resources = {name: each for template in templates for name, each in template["Resources"].items()}
    found = _Found(resources)
    for table in found.all("AWS::DynamoDB::Table"):
        if table.get("BillingMode") != "PAY_PER_REQUEST":
            raise UnpricedError("tables with provisioned capacity: only tables that are paid by the request are priced")
    functions = list(found.all("AWS::Lambda::Function"))
    settings = functions[0]["Environment"]["Variables"]  # of which every function has the same
    return Inventory(
        memory_mb={_NAMES[each["ImageConfig"]["Command"][0]]: each["MemorySize"] for each in functions},
        warm=dict(found.warm()),
        architecture=functions[0]["Architectures"][0],
        mails=bool(settings[EMAIL_SENDER.variable]),
        pushes=any(settings[application.variable] for application in PUSH_APPLICATIONS),
        alarm_metrics=sum(_metrics(alarm) for alarm in found.all("AWS::CloudWatch::Alarm")),
        dashboards=found.count("AWS::CloudWatch::Dashboard"),
        keys=found.count("AWS::KMS::Key"),
        topics=found.count("AWS::SNS::Topic"),
        tables=found.count("AWS::DynamoDB::Table"),
        queue_sources=found.count("AWS::Lambda::EventSourceMapping"),
        log_months=max(group["RetentionInDays"] for group in found.all("AWS::Logs::LogGroup")) / 30,
        cache_nodes={each["NodeType"]: each["ReplicationFactor"] for each in found.all("AWS::DAX::Cluster")},
        firewall_rules=tuple(len(each["Rules"]) for each in found.all("AWS::WAFv2::WebACL")),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    resources: Mapping[str, Mapping[str, Any]]

    def all(self, kind: str) -> Iterator[Mapping[str, Any]]:
        return (each["Properties"] for each in self.resources.values() if each["Type"] == kind)

    def count(self, kind: str) -> int:
        return sum(1 for _ in self.all(kind))

    def warm(self) -> Iterator[tuple[str, int]]:
        for alias in self.all("AWS::Lambda::Alias"):
            function = self.resources[alias["FunctionName"]["Ref"]]["Properties"]
            count = alias.get("ProvisionedConcurrencyConfig", {}).get("ProvisionedConcurrentExecutions", 0)
            yield _NAMES[function["ImageConfig"]["Command"][0]], count


def _metrics(alarm: Mapping[str, Any]) -> int:
    return sum(1 for each in alarm.get("Metrics", [{"MetricStat": {}}]) if "MetricStat" in each)
