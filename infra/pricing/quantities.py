"""How much of everything a month takes; the names are those of the table of prices."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.catalogue import FUNCTIONS, HttpRoute, SocketRoute
from infra.pricing.inventory import Inventory
from infra.pricing.measured import Case, Measured
from infra.pricing.usage import MINUTES, SECONDS, Usage

GB = 1e9
_HTTP = {each.name for each in FUNCTIONS if any(isinstance(trigger, HttpRoute) for trigger in each.triggers)}
_SOCKETS = {each.name for each in FUNCTIONS if any(isinstance(trigger, SocketRoute) for trigger in each.triggers)}
_QUEUED = ("Deliver", "SendMail", "Push")

# What was not measured, and is assumed.
LINE_BYTES = 26  # that CloudWatch adds to each line of a log
PLATFORM_BYTES = 650  # of Lambda's own two lines about an invocation, start and report, as JSON
ACCESS_BYTES = 500  # of the line that API Gateway writes about a request
HEADER_BYTES = 400  # of an answer by HTTP
COMPRESSED = 0.15  # of a log, of what it was
POLLERS = 5  # that Lambda has waiting at a queue, each for 20 seconds at a time
KEY_REQUESTS_PER_H = 12  # for each table and each topic: they keep a data key for five minutes
IMAGES = 5  # that are kept, to go back to
ROW_KB = 2.8  # of a message of 240 bytes: its row, that of its notification, and both in their indexes
USER_KB = 1.0
TRACED = 0.05  # of the invocations, besides the first one of each second


@dataclass(frozen=True, slots=True)
class Quantities:
    usage: Usage
    stage: Inventory
    cases: Sequence[tuple[Case, float]]  # what people do, and how often in the month
    measured: Measured

    def work(self) -> Mapping[str, float]:
        """Returns what there is more of when people do more."""
        requests = self._sum(lambda case: case.function in _HTTP)
        answers_gb = self._sum(lambda case: (case.answer_bytes + HEADER_BYTES) * (case.function in _HTTP)) / GB
        frames_gb = self._sum(lambda case: case.posted_bytes) / GB
        return {
            "http": requests,
            "frames": self._frames(),
            "minutes": self.usage.opens * self.usage.minutes_open,
            "invocations": self._invocations,
            f"gb-s {self.stage.architecture}": self._sum(self._gb_s),
            "writes": self._sum(lambda case: case.write_units),
            "reads": self._sum(lambda case: case.read_units),
            "sqs": self._sum(lambda case: case.asks("sqs") + 3 * (case.function in _QUEUED)) + self._empty_receives(),
            "sns": self._sum(lambda case: case.asks("sns")),
            "pushes": self._sum(lambda case: case.asks("sns publish") * (case.function == "Push")),
            "mails": self._sum(lambda case: case.asks("ses")),
            "people": self.usage.users,
            "logs": self._logs_gb(requests),
            "traces": self._traces(),
            "data out": frames_gb + answers_gb * (not self.stage.firewall_rules),
            **self._edge(requests, answers_gb),
        }

    def standing(self) -> Mapping[str, float]:
        """Returns what is there all the time, whoever does what."""
        kept_gb = self._rows_gb()
        warm_gb = sum(count * self.stage.memory_mb[name] / 1024 for name, count in self.stage.warm.items())
        resting = (self.stage.tables + self.stage.topics) * KEY_REQUESTS_PER_H * MINUTES / 60
        return {
            f"warm {self.stage.architecture}": warm_gb * SECONDS,
            "rows": kept_gb,
            "recovery": kept_gb,
            "kept logs": self._logs_gb(self._sum(lambda case: case.function in _HTTP))
            * COMPRESSED
            * self.stage.log_months,
            "metrics": sum(len(each.metrics) for each in self.measured.functions.values()),
            "alarms": self.stage.alarm_metrics,
            "dashboards": self.stage.dashboards,
            "keys": self.stage.keys,
            "key requests": resting,
            "image": IMAGES * self.measured.image_mb / 1000,
            **{f"cache {kind}": count * MINUTES / 60 for kind, count in self.stage.cache_nodes.items()},
            "firewalls": len(self.stage.firewall_rules),
            "rules": sum(self.stage.firewall_rules),
        }

    @property
    def _invocations(self) -> float:
        return sum(count for _, count in self.cases)

    def _sum(self, of_each: Callable[[Case], float]) -> float:
        return sum(of_each(case) * count for case, count in self.cases)

    def _gb_s(self, case: Case) -> float:
        memory_mb = self.stage.memory_mb[case.function]
        start_ms = self.measured.functions[case.function].start_ms(memory_mb)
        billed_ms = case.billed_ms(memory_mb) + self.usage.cold_starts * start_ms
        return memory_mb / 1024 * billed_ms / 1000

    def _frames(self) -> float:
        """Returns what clients send, and what is posted to them."""
        sent = self._sum(lambda case: case.function in _SOCKETS and not case.is_handshake)
        return sent + self._sum(lambda case: case.asks("execute-api post_to_connection"))

    def _empty_receives(self) -> float:
        return self.stage.queue_sources * POLLERS * 3 * MINUTES

    def _logs_gb(self, requests: float) -> float:
        written = self._sum(lambda case: case.log_bytes + LINE_BYTES * (case.log_lines + 2) + PLATFORM_BYTES)
        accesses = requests + self._sum(lambda case: case.function in _SOCKETS)
        return (written + accesses * (ACCESS_BYTES + LINE_BYTES)) / GB

    def _traces(self) -> float:
        """X-Ray's own rule: the first invocation of each second, and a twentieth of the others."""
        first = SECONDS * (1 - math.exp(-self._invocations / SECONDS))
        return first + TRACED * (self._invocations - first)

    def _rows_gb(self) -> float:
        messages = self.usage.months_kept * self.usage.received
        return (messages * ROW_KB + self.usage.users * USER_KB) * 1000 / GB

    def _edge(self, requests: float, answers_gb: float) -> Mapping[str, float]:
        if not self.stage.firewall_rules:
            return {}
        return {"edge requests": requests, "edge data": answers_gb, "inspected": requests}
