"""CloudWatch's rules for alarms, on made-up figures."""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.infra.template import Properties

Figure = float | None  # of one period; None where there is none
Series = Sequence[Figure]  # the oldest first
_LOOKS_BACK = 2  # periods beyond those that count, if some of these are missing
_OPERATORS: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Lt: operator.lt,
}
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "LessThanOrEqualToThreshold": operator.le,
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm of the template."""

    properties: Properties

    @property
    def metrics(self) -> dict[str, Properties]:
        """What it reads: name in the expression, and the metric. An alarm without an expression reads `m`."""
        if "Metrics" not in self.properties:
            return {"m": self.properties}
        return {each["Id"]: each["MetricStat"]["Metric"] for each in self.properties["Metrics"] if "MetricStat" in each}

    @property
    def expression(self) -> str:
        [expression] = [each["Expression"] for each in self.properties.get("Metrics", ()) if "Expression" in each] or [
            "m"
        ]
        return str(expression)

    @property
    def period_s(self) -> int:
        """The one period of all that it reads."""
        given = self.properties.get("Metrics", [{"MetricStat": self.properties}])
        [period] = {each["MetricStat"]["Period"] for each in given if "MetricStat" in each}
        return int(period)

    def goes_off(self, figures: Mapping[str, Series]) -> bool:
        """Whether it is in alarm after these figures; each has the name of its metric, and of what stands in front.

        "PostsSent" are the posts of every function, "Errors" those of every one of its metrics of that name.
        """
        named = {name: figures.get(metric["MetricName"], ()) for name, metric in self.metrics.items()}
        length = max(map(len, named.values()), default=0)
        padded = {name: [*[None] * (length - len(series)), *series] for name, series in named.items()}
        return self._state([_value(self.expression, at) for at in _columns(padded, length)])

    def _state(self, values: Series) -> bool:
        periods = int(self.properties["EvaluationPeriods"])
        there = [value for value in values[-periods - _LOOKS_BACK :] if value is not None][-periods:]
        breaching = sum(self._breaches(value) for value in there)
        if self.properties["TreatMissingData"] == "breaching":
            breaching += periods - len(there)
        return breaching >= int(self.properties["DatapointsToAlarm"])

    def _breaches(self, value: float) -> bool:
        return _COMPARISONS[self.properties["ComparisonOperator"]](value, self.properties["Threshold"])


def _columns(series: Mapping[str, Series], length: int) -> list[dict[str, Figure]]:
    return [{name: each[place] for name, each in series.items()} for place in range(length)]


def _value(expression: str, at: Mapping[str, Figure]) -> Figure:
    value: Figure = _evaluated(ast.parse(expression, mode="eval").body, at)
    return value


def _evaluated(node: ast.expr, at: Mapping[str, Figure]) -> Any:
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name):
            return at[name]
        case ast.BinOp(left=left, op=op, right=right) | ast.Compare(left=left, ops=[op], comparators=[right]):
            return _applied(_OPERATORS[type(op)], _evaluated(left, at), _evaluated(right, at))
        case ast.Call(func=ast.Name(id="FILL"), args=[figure, filling]):
            found = _evaluated(figure, at)
            return _evaluated(filling, at) if found is None else found
        case ast.Call(func=ast.Name(id="IF"), args=[condition, then, otherwise]):
            return _evaluated(then if _evaluated(condition, at) else otherwise, at)
    raise AssertionError(f"{ast.unparse(node)} is not calculated here")


def _applied(function: Callable[[Any, Any], Any], left: Figure, right: Figure) -> Any:
    """Nothing comes of a figure that is not there, nor of a division by nothing."""
    if left is None or right is None or (function is operator.truediv and right == 0):
        return None
    return function(left, right)
