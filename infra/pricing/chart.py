"""The share of each AWS service as a picture: one bar for each size of site, in an SVG."""

from collections.abc import Iterator, Mapping, Sequence
from xml.sax.saxutils import escape

from infra.pricing.bill import Bill
from infra.pricing.table import dollars

WIDTH, LEFT, RIGHT, TOP, BAR, GAP = 860, 146, 130, 74, 40, 26
SHOWN = 7  # services; what is left is shown together
OTHERS = "all others"
COLORS = ("#0b7a75", "#d98e04", "#3b6fb6", "#a23b72", "#6a9a2d", "#7a5ea8", "#c4532d", "#b9c2cc")
INK, FAINT = "#1f2933", "#66727f"
ROOM = 44  # pixels that a percentage needs inside its part of a bar
_FONT = "font-family=\"system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif\""


def chart(bills: Sequence[Bill]) -> str:
    """Returns an SVG in which each bar is all of a bill."""
    shares = [_shares(bill, _named(bills)) for bill in bills]
    colors = dict(zip((*_named(bills), OTHERS), COLORS, strict=True))
    parts = [_text(24, 36, "What a month costs, by AWS service", 18, weight=600)]
    for place, (bill, share) in enumerate(zip(bills, shares, strict=True)):
        parts += _bar(bill, share, colors, TOP + place * (BAR + GAP))
    bottom = TOP + len(bills) * (BAR + GAP)
    parts += _legend(colors, bottom + 6)
    return _picture(bottom + 76, parts)


def _named(bills: Sequence[Bill]) -> tuple[str, ...]:
    """Returns the services with the largest share in any bill, the largest first."""
    largest: dict[str, float] = {}
    for bill in bills:
        for service, usd in bill.services().items():
            largest[service] = max(largest.get(service, 0.0), usd / bill.usd)
    return tuple(sorted(largest, key=lambda service: -largest[service])[:SHOWN])


def _shares(bill: Bill, named: Sequence[str]) -> Mapping[str, float]:
    sums = bill.services()
    shares = {service: sums.get(service, 0.0) / bill.usd for service in named}
    return {**shares, OTHERS: 1 - sum(shares.values())}


def _bar(bill: Bill, shares: Mapping[str, float], colors: Mapping[str, str], y: int) -> Iterator[str]:
    length, x = WIDTH - LEFT - RIGHT, float(LEFT)
    yield _text(LEFT - 14, y + BAR * 0.62, f"{bill.usage.users:,} users", 14, anchor="end")
    for service, share in shares.items():
        width = share * length
        title = f"<title>{escape(service)}: {share:.1%}</title>"
        yield f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{colors[service]}">{title}</rect>'
        if width >= ROOM:
            ink = INK if service == OTHERS else "#ffffff"
            yield _text(x + width / 2, y + BAR * 0.62, f"{share:.0%}", 13, ink, 600, "middle")
        x += width
    yield _text(WIDTH - RIGHT + 14, y + BAR * 0.62, dollars(bill.usd), 14, weight=600)


def _legend(colors: Mapping[str, str], y: int) -> Iterator[str]:
    column = (WIDTH - 48) / 4
    for place, (service, color) in enumerate(colors.items()):
        x, row = 24 + place % 4 * column, y + place // 4 * 24
        yield f'<rect x="{x:.0f}" y="{row}" width="14" height="14" rx="3" fill="{color}"/>'
        yield _text(x + 22, row + 12, service, 13, FAINT)


def _picture(height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'role="img" aria-label="What a month costs, by AWS service">\n'
        f'<rect width="{WIDTH}" height="{height}" rx="10" fill="#ffffff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _text(  # noqa: PLR0913, PLR0917 - as SVG has it
    x: float, y: float, words: str, size: int, fill: str = INK, weight: int = 400, anchor: str = "start"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{fill}" '
        f'text-anchor="{anchor}" {_FONT}>{escape(words)}</text>'
    )
