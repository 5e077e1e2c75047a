"""The bill of a month, item by item: a quantity times a price."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from infra.pricing.activity import activity
from infra.pricing.inventory import Inventory, UnpricedError
from infra.pricing.measured import Case, Measured
from infra.pricing.prices import Price
from infra.pricing.quantities import Quantities
from infra.pricing.usage import Usage


@dataclass(frozen=True, slots=True)
class Line:
    price: Price
    quantity: float

    @property
    def usd(self) -> float:
        return self.price.amount(self.quantity)

    @property
    def usd_to_pay(self) -> float:
        """What is left of it where the account has nothing else that uses what AWS gives away for ever."""
        return self.price.amount(max(0.0, self.quantity - self.price.free))


@dataclass(frozen=True, slots=True)
class Bill:
    usage: Usage
    lines: tuple[Line, ...]

    @property
    def usd(self) -> float:
        return sum(line.usd for line in self.lines)

    @property
    def usd_to_pay(self) -> float:
        return sum(line.usd_to_pay for line in self.lines)

    @property
    def per_user(self) -> float:
        return self.usd / self.usage.users

    def services(self) -> Mapping[str, float]:
        """Returns the sum of each service, the dearest first."""
        sums: dict[str, float] = {}
        for line in self.lines:
            sums[line.price.service] = sums.get(line.price.service, 0.0) + line.usd
        return dict(sorted(sums.items(), key=lambda pair: -pair[1]))


def bill(usage: Usage, stage: Inventory, measured: Measured, prices: Mapping[str, Price]) -> Bill:
    """Prices a month of a stage; raises UnpricedError where something of it has no price."""
    usage = _possible(usage, stage)
    quantities = Quantities(usage, stage, tuple(_times(usage, measured)), measured)
    found = {**quantities.work(), **quantities.standing()}
    if missing := sorted(found.keys() - prices.keys()):
        raise UnpricedError(f"the table of prices has nothing for {', '.join(missing)}")
    return Bill(usage, tuple(Line(prices[name], quantity) for name, quantity in found.items() if quantity))


def _possible(usage: Usage, stage: Inventory) -> Usage:
    """Returns the month without mail and phones where the stage sends none."""
    return replace(usage, mail=usage.mail * stage.mails, phones=usage.phones * stage.pushes)


def _times(usage: Usage, measured: Measured) -> Iterator[tuple[Case, float]]:
    for name, count in activity(usage).items():
        yield measured.cases[name], count
