"""The bill as people read it in a terminal."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields

from infra.pricing.bill import Bill, Line
from infra.pricing.usage import Usage

_GIVEN = ("users", "messages")


def table(bill: Bill, stage: str) -> str:
    """Returns the items, the sums by service, and what was assumed."""
    usage = bill.usage
    return "\n".join(
        [
            f"A month of {stage} in us-east-1: {usage.users:,} users, {usage.messages:,} messages",
            "",
            *_columns(_items(bill), "<<><<>"),
            "",
            *_columns(_sums(bill), "<>>"),
            "",
            f"{dollars(bill.usd)} a month, {cents(bill.per_user)} a user{_of_messages(bill)}.",
            *_left_out(usage),
            f"What AWS gives away for ever is not taken off: with that, {dollars(bill.usd_to_pay)}. No tax is added.",
            "",
            *textwrap.wrap(f"Assumed: {', '.join(figure for figure, _ in assumed(usage))}.", 100),
            "",
        ]
    )


def dollars(usd: float) -> str:
    return f"${usd:,.2f}"


def cents(usd: float) -> str:
    """Writes what may be a small part of a cent."""
    return dollars(usd) if usd >= 1 else f"${usd:.4f}"


def amount(quantity: float) -> str:
    return f"{quantity:,.0f}" if quantity >= 100 else f"{quantity:,.2f}".rstrip("0").rstrip(".")


def rate(line: Line) -> str:
    whole, _, fraction = f"{line.price.usd:.10f}".rstrip("0").partition(".")
    return f"${whole}.{fraction.ljust(2, '0')} / {line.price.per_units}"


def assumed(usage: Usage) -> Iterator[tuple[str, str]]:
    """Yields each assumption about people: how much of what, and what that means."""
    for field in fields(usage):
        if field.name not in _GIVEN:
            yield f"{field.name.replace('_', ' ')} {getattr(usage, field.name):g}", field.metadata["about"]


def _left_out(usage: Usage) -> Iterator[str]:
    if not usage.mail:
        yield "No mail: the stage has no sender, or nobody wants any."
    if not usage.phones:
        yield "No pushes: the stage has no platform application, or nobody has a phone."


def _of_messages(bill: Bill) -> str:
    messages = bill.usage.messages
    return f", {cents(1000 * bill.usd / messages)} for 1,000 messages" if messages else ""


def _items(bill: Bill) -> Iterator[Sequence[str]]:
    yield ("service", "item", "quantity", "", "price", "amount")
    for service in bill.services():
        for line in bill.lines:
            if line.price.service == service:
                price = line.price
                yield (service, price.item, amount(line.quantity), price.unit, rate(line), dollars(line.usd))


def _sums(bill: Bill) -> Iterator[Sequence[str]]:
    for service, usd in bill.services().items():
        yield (service, dollars(usd), f"{usd / bill.usd:.1%}")
    yield ("all", dollars(bill.usd), "")


def _columns(rows: Iterable[Sequence[str]], sides: str) -> Iterator[str]:
    """Sets rows in columns as wide as they have to be, to the left or to the right side of them."""
    lines = list(rows)
    widths = [max(len(line[column]) for line in lines) for column in range(len(sides))]
    for line in lines:
        cells = (f"{cell:{side}{width}}" for cell, side, width in zip(line, sides, widths, strict=True))
        yield "  ".join(cells).rstrip()
