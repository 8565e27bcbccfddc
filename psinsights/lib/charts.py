"""Numbers to SVG: geometry in attributes, labels in HTML, a sentence for those who cannot see it.

Every function returns safe markup. No style attribute is written, so the strictest content policy
holds. Charts stretch to their box; ``vector-effect`` in the style sheet keeps their lines thin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

GRID = '<path class="grid" d="M0 0H120M0 50H120M0 100H120"/>'


def trim(number: float) -> str:
    """One decimal at most, and none when it is zero: shorter pages."""
    return f"{number:.1f}".removesuffix(".0")


def _svg(css: str, box: str, label: str, body: str, *, stretch: bool = False) -> SafeString:
    fit = ' preserveAspectRatio="none"' if stretch else ""
    named = f' class="{css}"' if css else ""
    return mark_safe(  # noqa: S308 - the label is escaped, the rest is numbers
        f'<svg{named} viewBox="{box}"{fit} role="img" aria-label="{escape(label)}">{body}</svg>'
    )


def spark(values: Sequence[int | None], tone: str, label: str) -> SafeString:
    """A row's small line. Scaled to the row with a span of 30 at least, so noise stays flat."""
    known = [(at, value) for at, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return mark_safe('<span class="t3 small">No history</span>')  # noqa: S308
    low, high = min(v for _, v in known), max(v for _, v in known)
    middle, reach = (low + high) / 2, max(15.0, (high - low) / 2)
    last = max(1, len(values) - 1)
    points = [
        (3 + 82 * at / last, 21 - 18 * (value - middle + reach) / (2 * reach))
        for at, value in known
    ]
    path = " ".join(f"{trim(x)},{trim(y)}" for x, y in points)
    x, y = points[-1]
    line = "none" if tone == "ok" else tone
    return _svg(
        "spark",
        "0 0 88 24",
        label,
        f'<polyline class="ln l-{line}" points="{path}"/>'
        f'<circle class="f-{tone}" cx="{trim(x)}" cy="{trim(y)}" r="2.5"/>',
    )


def share(parts: Sequence[tuple[str, int]], label: str) -> SafeString:
    """One bar cut into shares: (tone, count) each."""
    total = sum(count for _, count in parts) or 1
    x, body = 0.0, ""
    for tone, count in parts:
        if not count:
            continue
        width = 300 * count / total
        shown = trim(max(width - 1.5, 0.5))
        body += f'<rect class="f-{tone}" x="{trim(x)}" width="{shown}" height="10"/>'
        x += width
    return _svg("share", "0 0 300 10", label, body, stretch=True)


def meter(value: float, most: float, tone: str, label: str, *, scale: float = 100) -> SafeString:
    """A track as long as ``most`` of ``scale``, filled to ``value``."""
    return _svg(
        "meter",
        f"0 0 {trim(scale)} 8",
        label,
        f'<rect class="f-track" width="{trim(most)}" height="8"/>'
        f'<rect class="f-{tone}" width="{trim(max(0.0, min(value, most)))}" height="8"/>',
        stretch=True,
    )


def _plot(svg: str, y_labels: Sequence[object], x_labels: Sequence[str]) -> SafeString:
    rows = "".join(f"<span>{escape(label)}</span>" for label in y_labels)
    columns = "".join(f"<span>{escape(label)}</span>" for label in x_labels)
    return mark_safe(  # noqa: S308 - labels are escaped
        f'<div class="plot"><div class="y" aria-hidden="true">{rows}</div>{svg}'
        f'<div class="x" aria-hidden="true">{columns}</div></div>'
    )


def stacks(
    columns: Sequence[Mapping[str, int]],
    order: Sequence[str],
    label: str,
    x_labels: Sequence[str],
) -> SafeString:
    """Stacked columns of counts; ``order`` goes from the baseline up."""
    most = nice_ceiling(max((sum(column.values()) for column in columns), default=0))
    width = 120 / max(1, len(columns))
    body = GRID
    for at, column in enumerate(columns):
        y = 100.0
        for tone in order:
            height = 100 * column.get(tone, 0) / most
            if height:
                body += (
                    f'<rect class="f-{tone}" x="{trim(at * width + width * 0.14)}" '
                    f'y="{trim(y - height + 0.5)}" width="{trim(width * 0.72)}" '
                    f'height="{trim(max(height - 1, 0.4))}"/>'
                )
            y -= height
    svg = _svg("", "0 0 120 100", label, body, stretch=True)
    return _plot(svg, [most, trim(most / 2), 0], x_labels)


def lines(
    series: Sequence[tuple[str, Sequence[float | None]]],
    low: float,
    high: float,
    label: str,
    x_labels: Sequence[str],
    *,
    guides: Sequence[tuple[float, str]] = (),
    marks: Sequence[float] = (),
) -> SafeString:
    """Lines over the same points: (tone, values) each, with dashed guides at given heights.

    ``marks`` are upright ones, at a point's number or between two.
    """
    count = max((len(values) for _, values in series), default=0)
    width, span = 120 / max(1, count), (high - low) or 1

    def height(value: float) -> str:
        return trim(100 - 100 * (value - low) / span)

    body = GRID
    for at, tone in guides:
        body += f'<path class="ln dash l-{tone}" d="M0 {height(at)}H120"/>'
    for at in marks:
        body += f'<path class="ln dash l-b" d="M{trim(at * width + width / 2)} 0V100"/>'
    for tone, values in series:
        points = [
            (trim(at * width + width / 2), height(value))
            for at, value in enumerate(values)
            if value is not None
        ]
        if points:
            path = " ".join(f"{x},{y}" for x, y in points)
            body += f'<polyline class="ln l-{tone}" points="{path}"/>'
            body += f'<path class="pt l-{tone}" d="M{points[-1][0]} {points[-1][1]}h.01"/>'
    svg = _svg("", "0 0 120 100", label, body, stretch=True)
    return _plot(svg, [trim(high), trim((high + low) / 2), trim(low)], x_labels)


def nice_ceiling(most: float) -> int:
    """The next round number at or above ``most``, even, so that its half is whole."""
    for step in (2, 4, 10, 20, 40, 50, 100, 200, 400, 500, 1000, 2000, 4000, 10000):
        if most <= step * 1.0:
            return step
    return int(-(-most // 10000) * 10000)
