"""Alarms and a dashboard for everything that the catalogue declares; docs/runbook.md says what to do about each."""

from constructs import Construct

from infra.monitoring.alarms import add_alarms
from infra.monitoring.dashboard import add_dashboard
from infra.monitoring.figures import System
from infra.monitoring.watches import watches


def add_monitoring(scope: Construct, system: System) -> None:
    add_dashboard(scope, system, add_alarms(scope, watches(system), system.resources))


__all__ = ["System", "add_monitoring"]
