"""The prices of AWS, read from one table: `prices.csv`, for us-east-1, in US dollars, each with its source and its day.

`sure` is AWS's price list, or AWS's own page as somebody kept it; `likely` is what others wrote of them. Nobody here
could ask AWS itself: look a price up before much depends on it.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

FILE = Path(__file__).with_name("prices.csv")


@dataclass(frozen=True, slots=True)
class Price:
    """So many dollars for `per` units; what is above a quantity has another price."""

    service: str
    item: str
    unit: str
    per: int
    usd: float
    above: tuple[tuple[float, float], ...]  # from so many units on, so many dollars for `per`; ascending
    free: float  # units a month that an account has for nothing, for ever
    confidence: str
    date: str
    source: str

    @property
    def per_units(self) -> str:
        """What the dollars are for: "key", or "1,000 mails"."""
        plural = "es" if self.unit.endswith("sh") else "s"
        return self.unit if self.per == 1 else f"{self.per:,} {self.unit}{plural}"

    def amount(self, quantity: float) -> float:
        """Returns what a quantity costs, each part of it by its tier."""
        edges = (0.0, *(edge for edge, _ in self.above), float("inf"))
        prices = (self.usd, *(usd for _, usd in self.above))
        parts = (max(0.0, min(quantity, end) - start) for start, end in pairwise(edges))
        return sum(part * usd for part, usd in zip(parts, prices, strict=True)) / self.per


def read(file: Path = FILE) -> Mapping[str, Price]:
    """Returns the prices by their names."""
    with file.open(newline="") as table:
        return {row["name"]: _price(row) for row in csv.DictReader(table)}


def _price(row: Mapping[str, str]) -> Price:
    tiers = (tier.split(":") for tier in row["above"].split())
    return Price(
        service=row["service"],
        item=row["item"],
        unit=row["unit"],
        per=int(row["per"]),
        usd=float(row["usd"]),
        above=tuple((float(edge), float(usd)) for edge, usd in tiers),
        free=float(row["free"] or 0),
        confidence=row["confidence"],
        date=row["date"],
        source=row["source"],
    )
