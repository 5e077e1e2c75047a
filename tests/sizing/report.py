"""What was measured as people read it: docs/sizing.md, which is also what the terminal shows."""

from collections.abc import Iterable, Iterator, Sequence

from app.catalogue import FUNCTIONS, Function
from infra.pricing.measured import Case, Measured
from infra.pricing.prices import Price
from tests.sizing import choice
from tests.sizing.choice import SIZES_MB, Sizing, longest_s
from tests.sizing.latency import LATENCIES
from tests.sizing.measure import HEAVY_INVOCATIONS, INVOCATIONS

MILLION = 1_000_000


def page(measured: Measured, duration: Price) -> str:
    """Returns docs/sizing.md; `duration` is the price of a GB-second."""
    return f"""# Sizing

Written by `make sizing PUBLISH=1`; do not edit.

{tables(measured, duration)}
## The rules

* Memory: the smallest of {", ".join(map(str, SIZES_MB))} MB, which is the cheapest, that has {choice.PEAKS:g} times the
  most memory that was seen. Where somebody waits, p99 is at most {choice.WARM_MS} ms for what people do every day,
  and {choice.HEAVY_MS:,} ms for what is more (marked *), and the first answer of a new environment is there within
  {choice.COLD_MS:,} ms. Where nobody waits, the most it can be given is done within its time-out. What posts to
  connections by the thousand can do so {choice.POSTING} times as fast as its share of the quota allows.
* Time-out: at least {choice.HEADROOM:g} times the longest outage and the start before it, but not longer than
  anybody waits: API Gateway {choice.API_GATEWAY_S + 1} s, Cognito {choice.COGNITO_S} s, and who else wants to send
  the same mail or push {choice.CLAIMING_S + 1} s. An outage in which a function goes on until shortly before its
  time-out, and then gives up by itself, asks for no longer one.

## How it was measured

* Each function in a container of the image, behind Lambda's emulator, with events that have real work behind
  them; each invocation has a new one. {INVOCATIONS} invocations of a case at each size, {HEAVY_INVOCATIONS} of those
  marked *. Before each size the container gets its memory, and its share of a vCPU (memory / 1,769 MB).
* CPU is that of the function's own process, from the kernel. It does not depend on the size, so p50 and p99 are of
  all sizes. A start is the cheapest of three: CPU until the first event was refused, and of the first with work.
* Waiting is reckoned. MiniStack answers, over TLS and through a border that notes when each request began and ended
  and lets no answer through sooner than AWS would give it. What counts is the longest chain of requests that
  waited for each other, at the latencies below. Where many are in flight it is an upper bound, because MiniStack
  does one after another.
* Billed milliseconds are CPU / share + waiting. A start has a whole vCPU until the first event (a secondary source
  says so of Lambda); images pay for it.
* Outages: from the first request for an operation on, AWS hangs, or breaks connections off; for each operation that
  a function asks for, and for each in the cases marked * again. Connecting is given up after 0.5 s, and reading
  after 2 s (mail: 5 s), in three attempts. The pauses between these are random, so the times differ by a second
  or two from run to run.

{_markdown(_latencies(), "<><")}
{_markdown(_conditions(measured), "<<")}"""


def tables(measured: Measured, duration: Price) -> str:
    """Returns the figures as tables in Markdown, which are readable as they are."""
    sizing = Sizing(measured)
    return f"{_markdown(_functions(sizing), '<>>>>>>><')}\n{_markdown(_cases(measured, duration), '<>>>>>>>')}"


def _functions(sizing: Sizing) -> Iterator[Sequence[str]]:
    yield (
        "function",
        "memory, MB",
        "by the rule",
        "most used",
        "first answer of a new one, ms",
        "time-out, s",
        "by the rule",
        "longest outage, s",
        "in which",
    )
    for function in FUNCTIONS:
        yield _function(sizing, function)


def _function(sizing: Sizing, function: Function) -> Sequence[str]:
    outage = sizing.longest_outage(function)
    return (
        function.name,
        str(function.memory_mb),
        str(sizing.memory_mb(function)),
        f"{sizing.measured.functions[function.name].peak_mb:.0f}",
        f"{sizing.cold_ms(function, function.memory_mb):,.0f}",
        str(function.timeout_s),
        f"{sizing.timeout_s(function)}{' (limit)' if sizing.timeout_s(function) == longest_s(function) else ''}",
        f"{outage.seconds:.1f}",
        f"{outage.trouble}: {outage.answer}",
    )


def _cases(measured: Measured, duration: Price) -> Iterator[Sequence[str]]:
    billed = (f"{size} MB: ms, $ for a million" for size in SIZES_MB)
    yield ("what it does", "CPU p50, ms", "p99", "waits, ms", *billed)
    for name, case in measured.cases.items():
        bills = (f"{case.billed_ms(size):,.0f}, {_million(case, size, duration):.2f}" for size in SIZES_MB)
        star = " *" if choice.is_heavy(name) else ""
        yield (f"{name}{star}", f"{case.cpu_p50_ms:.1f}", f"{case.cpu_p99_ms:.1f}", f"{case.waits_ms:.0f}", *bills)


def _million(case: Case, size_mb: int, duration: Price) -> float:
    return duration.amount(MILLION * case.billed_ms(size_mb) / 1000 * size_mb / 1024)


def _latencies() -> Iterator[Sequence[str]]:
    yield ("service", "answers after, ms", "from where")
    for service, latency in LATENCIES.items():
        yield (service, f"{latency.ms:g}", latency.source)


def _conditions(measured: Measured) -> Iterator[Sequence[str]]:
    yield ("measured on", "")
    yield from ((name, str(value)) for name, value in measured.conditions.items())
    yield ("image, compressed", f"{measured.image_mb:g} MB")


def _markdown(rows: Iterable[Sequence[str]], sides: str) -> str:
    """Returns a table whose columns are as wide as they have to be."""
    head, *lines = list(rows)
    widths = [max(4, *(len(line[column]) for line in (head, *lines))) for column in range(len(sides))]
    rule = [f"{'-' * (width - 1)}:" if side == ">" else "-" * width for side, width in zip(sides, widths, strict=True)]
    return "".join(f"| {' | '.join(_set(line, sides, widths))} |\n" for line in (head, rule, *lines))


def _set(line: Sequence[str], sides: str, widths: Sequence[int]) -> Iterator[str]:
    return (f"{cell:{side}{width}}" for cell, side, width in zip(line, sides, widths, strict=True))
