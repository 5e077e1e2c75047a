"""docs/cost.md: three sizes of site beside each other, what dominates, what can be turned off, and all that went in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from infra.pricing import quantities
from infra.pricing.bill import Bill
from infra.pricing.inventory import Inventory
from infra.pricing.measured import Measured
from infra.pricing.prices import Price
from infra.pricing.table import amount, assumed, cents, dollars
from infra.pricing.usage import MESSAGES_PER_USER

SIZES = (1_000, 100_000, 1_000_000)  # users


def page(bills: Sequence[Bill], stage: Inventory, measured: Measured, prices: Mapping[str, Price]) -> str:
    """Returns docs/cost.md; the bills are of `SIZES`."""
    return f"""# Cost

Written by `make cost PUBLISH=1`; do not edit. `make cost USERS=5000 MESSAGES=100000` prices another month,
`STAGE=dev` another stage, and `python -m infra.pricing --help` lists what can be assumed otherwise.

![What a month costs, by AWS service](cost.svg)

A month of `prod` in us-east-1, with {MESSAGES_PER_USER} messages sent by each user, and with a platform application
for pushes, which somebody makes by hand. Nothing here was measured on AWS.

{_markdown(_summary(bills), "<>>>")}
What dominates:

{_dominating(bills)}

## What to turn off

What it saves, with {" / ".join(f"{bill.usage.users:,}" for bill in bills)} users:

{_bullets(_savings(bills, stage, prices))}

## Item by item

{_markdown(_items(bills), "<<>>>")}
## How it is reckoned

* A quantity is what people do (`infra/pricing/activity.py`) times what was measured of it: milliseconds of CPU,
  requests, capacity units, bytes of logs and answers ([sizing.md](sizing.md), {measured.conditions["date"][:10]}).
  Or it is what the template has: {stage.alarm_metrics} metrics of alarms, {sum(stage.warm.values())} warm environments.
* Milliseconds are CPU at the function's share of a vCPU, and the requests that wait for each other at stated latencies.
* What AWS gives every account for ever is taken off in one row only, and only once for an account. What it gives for a
  year, or to new accounts, is not.
* Nothing is added for taxes, support, attacks, or what goes wrong and is repeated.

Assumed of what people do in a month:

{_bullets(f"{figure}: {about}" for figure, about in assumed(bills[0].usage))}

Assumed of AWS, because no laptop shows it:

{_bullets(_constants())}

## Prices

In US dollars for us-east-1. `sure` is AWS's price list, or AWS's own page as somebody kept it; `likely` is what others
wrote of them. The table is `infra/pricing/prices.csv`.

{_markdown(_prices(prices), "<<><><<")}"""


def _summary(bills: Sequence[Bill]) -> Iterator[Sequence[str]]:
    yield ("a month", *(f"{bill.usage.users:,} users" for bill in bills))
    yield ("messages", *(f"{bill.usage.messages:,}" for bill in bills))
    for service in bills[-1].services():
        yield (service, *(dollars(bill.services().get(service, 0.0)) for bill in bills))
    yield ("**all**", *(f"**{dollars(bill.usd)}**" for bill in bills))
    yield ("less what is free for ever", *(dollars(bill.usd_to_pay) for bill in bills))
    yield ("for a user", *(cents(bill.per_user) for bill in bills))
    yield ("for 1,000 messages", *(cents(1000 * bill.usd / bill.usage.messages) for bill in bills))


def _dominating(bills: Sequence[Bill]) -> str:
    return "\n".join(f"* {bill.usage.users:,} users: {', '.join(_largest(bill))}." for bill in bills)


def _largest(bill: Bill) -> Iterator[str]:
    lines = sorted(bill.lines, key=lambda line: -line.usd)[:4]
    return (f"{line.price.service}'s {line.price.item} {line.usd / bill.usd:.0%}" for line in lines)


def _savings(bills: Sequence[Bill], stage: Inventory, prices: Mapping[str, Price]) -> Iterator[str]:
    people, cheaper = prices["people"], prices["people lite"]
    lite = [people.amount(bill.usage.users) - cheaper.amount(bill.usage.users) for bill in bills]
    plan = "Cognito's plan Lite in place of Essentials, which a pool has that names none"
    yield f"{plan}: {_of_each(lite)}. Compare AWS's list of what is in which plan first."
    warm = f"warm {stage.architecture}"
    yield f"No warm environments (`concurrency` of the stage): {_of_each(_line(bills, prices[warm]))}."
    yield f"No tracing (`infra/tracing.py`): {_of_each(_line(bills, prices['traces']))}."
    yield f"No mail (`email_sender` of the stage): {_of_each(_line(bills, prices['mails']))}, and the work for it."
    yield f"Log lines: all of them are {_of_each(_line(bills, prices['logs']))}."
    recovery = _of_each(_line(bills, prices["recovery"]))
    yield f"Point-in-time recovery is {recovery}, and the last thing to turn off."


def _line(bills: Sequence[Bill], price: Price) -> list[float]:
    return [sum(line.usd for line in bill.lines if line.price == price) for bill in bills]


def _of_each(sums: Sequence[float]) -> str:
    return " / ".join(dollars(usd) for usd in sums)


def _items(bills: Sequence[Bill]) -> Iterator[Sequence[str]]:
    yield ("service", "item", *(f"{bill.usage.users:,} users" for bill in bills))
    for service in bills[-1].services():
        for largest in bills[-1].lines:
            price = largest.price
            if price.service == service:
                found = [next(line for line in bill.lines if line.price == price) for bill in bills]
                cells = (f"{amount(line.quantity)} = {dollars(line.usd)}" for line in found)
                yield (service, f"{price.item}, {price.unit}", *cells)


def _constants() -> Iterator[str]:
    platform, access = quantities.PLATFORM_BYTES, quantities.ACCESS_BYTES
    yield f"Lambda writes {platform} bytes about an invocation, and API Gateway {access} about a request."
    kept = f"{quantities.COMPRESSED:.0%} of their size"
    yield f"CloudWatch adds {quantities.LINE_BYTES} bytes to a line, and keeps logs at {kept}."
    yield f"{quantities.POLLERS} pollers wait at each queue and ask again every 20 seconds."
    yield f"Tables and topics ask KMS {quantities.KEY_REQUESTS_PER_H} times an hour each."
    yield f"X-Ray records the first invocation of each second, and {quantities.TRACED:.0%} of the others."
    yield f"A message that is kept takes {quantities.ROW_KB} KB, its indexes included."
    yield f"An answer by HTTP has {quantities.HEADER_BYTES} bytes of headers."
    yield f"ECR keeps {quantities.IMAGES} images."
    yield "Invocations in warm environments cost as much as others; in fact they cost less."


def _prices(prices: Mapping[str, Price]) -> Iterator[Sequence[str]]:
    yield ("service", "item", "price", "unit", "free for ever", "date", "source")
    for price in prices.values():
        usd = " ".join([_plain(price.usd), *(f"({_plain(usd)} above {edge:,.0f})" for edge, usd in price.above)])
        free = f"{price.free:,.0f}" if price.free else ""
        yield (price.service, price.item, usd, price.per_units, free, price.date, f"{price.confidence}: {price.source}")


def _plain(usd: float) -> str:
    return f"{usd:.10f}".rstrip("0").rstrip(".")


def _bullets(sentences: Iterable[str]) -> str:
    return "\n".join(f"* {sentence}" for sentence in sentences)


def _markdown(rows: Iterable[Sequence[str]], sides: str) -> str:
    lines = list(rows)
    rule = tuple("---:" if side == ">" else "---" for side in sides)
    return "".join(f"| {' | '.join(line)} |\n" for line in (lines[0], rule, *lines[1:]))
