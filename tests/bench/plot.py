"""The result as a picture: how much CPU a post costs each client, as bars in an SVG."""

from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape

TITLES = {"at_once": "Sink answers at once, {} connections", "at_10_ms": "Sink answers after 10 ms, {} connections"}
WIDTH, LEFT, BAR, GAP, TOP, BETWEEN = 860, 220, 22, 12, 74, 64
LENGTH = WIDTH - LEFT - 170  # of the longest bar with its line; the figures stand beside it
OURS, THEIRS, INK, FAINT = "#0b7a75", "#b9c2cc", "#1f2933", "#66727f"
_FONT = "font-family=\"system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif\""


def plot(result: Mapping[str, Any]) -> str:
    """Returns an SVG with one panel for each sink, all on one scale."""
    sinks = result["sinks"]
    longest = max(_high(peer) for sink in sinks.values() for peer in sink["peers"].values())
    top, panels = TOP, []
    for name, sink in sinks.items():
        panels.append(_panel(TITLES[name].format(sink["connections"]), sink["peers"], top, LENGTH / longest))
        top += BETWEEN + len(sink["peers"]) * (BAR + GAP)
    title = _text(24, 36, "CPU time of the client for one post", 18, weight=600)
    legend = _text(
        24, top - 28, "Bars: median of all rounds. Lines: from the lowest to the highest. Shorter is better.", 12, FAINT
    )
    return _picture(top, [title, *panels, legend])


def _panel(title: str, peers: Mapping[str, Any], top: int, scale: float) -> str:
    ours = peers["ours"]["cpu_us_per_post"]["median"]
    rows = (
        _row(name, peer, top + 18 + place * (BAR + GAP), scale, ours)
        for place, (name, peer) in enumerate(sorted(peers.items(), key=lambda pair: _median(pair[1])))
    )
    return _text(24, top, title, 14, FAINT) + "".join(rows)


def _row(name: str, peer: Mapping[str, Any], y: int, scale: float, ours: float) -> str:
    cost, is_ours, base = peer["cpu_us_per_post"], name == "ours", y + BAR * 0.7
    low, high, middle = LEFT + cost["low"] * scale, LEFT + cost["high"] * scale, y + BAR / 2
    said = f"{cost['median']:,.0f} \u00b5s"
    factor = "" if is_ours else f"{cost['median'] / ours:.1f} \u00d7"
    return (
        _text(LEFT - 12, base, peer["title"], 14, INK, 600 if is_ours else 400, "end")
        + f'<rect x="{LEFT}" y="{y}" width="{max(2.0, cost["median"] * scale):.1f}" height="{BAR}" rx="3" '
        f'fill="{OURS if is_ours else THEIRS}"/>'
        + f'<path d="M{low:.1f} {middle}H{high:.1f}" stroke="{INK}" stroke-width="1.5" opacity="0.55"/>'
        + _text(high + 10, base, said, 14, OURS if is_ours else INK, 600 if is_ours else 400)
        + _text(high + 80, base, factor, 14, FAINT)
    )


def _picture(height: int, parts: Iterable[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'role="img" aria-label="CPU time for one post">\n'
        f'<rect width="{WIDTH}" height="{height}" rx="10" fill="#ffffff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _text(  # noqa: PLR0917 - as SVG has it
    x: float, y: float, words: str, size: int, fill: str = INK, weight: int = 400, anchor: str = "start"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{fill}" '
        f'text-anchor="{anchor}" {_FONT}>{escape(words)}</text>'
    )


def _median(peer: Mapping[str, Any]) -> float:
    return float(peer["cpu_us_per_post"]["median"])


def _high(peer: Mapping[str, Any]) -> float:
    return float(peer["cpu_us_per_post"]["high"])
