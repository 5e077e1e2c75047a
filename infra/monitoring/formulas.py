"""What is calculated from several figures; one that has no data counts as nothing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from app import catalogue
from infra.monitoring.figures import MINUTE, PERIOD, System, of_ours

Figures = Sequence[cloudwatch.Metric]


@dataclass(frozen=True, slots=True)
class _Formula:
    """Figures under names for an expression. `label` sets the names apart from others in the same graph."""

    figures: Figures
    label: str | None

    def sum(self, some: Figures) -> str:
        return " + ".join(f"FILL({self._name(self.figures.index(figure))}, 0)" for figure in some)

    def calculated(self, expression: str, period: Duration = PERIOD) -> cloudwatch.MathExpression:
        named = {self._name(place): figure for place, figure in enumerate(self.figures)}
        return cloudwatch.MathExpression(expression=expression, using_metrics=named, label=self.label, period=period)

    def _name(self, place: int) -> str:
        return "m" + re.sub(r"\W", "", self.label or "").lower() + str(place)


def total(figures: Figures, label: str | None = None) -> cloudwatch.MathExpression:
    formula = _Formula(figures, label)
    return formula.calculated(formula.sum(figures))


def largest(figures: Figures, label: str) -> cloudwatch.MathExpression:
    formula = _Formula(figures, label)
    return formula.calculated(f"MAX([{formula.sum(figures).replace(' +', ',')}])")


def percentage(part: Figures, *, of: Figures, least: int) -> cloudwatch.MathExpression:
    """Returns how many per cent one part makes up of a whole, whose figures may be among it.

    It is 0 while the part is less than `least` in number: one failure at night is not a third of the requests.
    """
    formula = _Formula(list(dict.fromkeys([*part, *of])), None)
    counted = formula.sum(part)
    return formula.calculated(f"IF({counted} < {least}, 0, 100 * ({counted}) / ({formula.sum(of)}))")


def quota_used(system: System) -> cloudwatch.MathExpression:
    """Returns how many per cent of the account's quota this stage uses, minute by minute.

    Posts that API Gateway refuses are no messages to it, but we take them to count against the quota.
    """
    refused = [
        of_ours(function, name, period=MINUTE)
        for function in system.delivering
        for name in ("PostsGone", "PostsThrottled")
    ]
    formula = _Formula([*system.requests(MINUTE), *refused], "Quota used (%)")
    used = f"100 * ({formula.sum(formula.figures)}) / {60 * catalogue.QUOTA_PER_S}"
    return formula.calculated(used, MINUTE)
