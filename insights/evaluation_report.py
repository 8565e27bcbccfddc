"""The page that says how well the engine reads: every figure as measured, none typed."""

from __future__ import annotations

from collections.abc import Sequence

from insights.evaluation_data import Bounds, Figure

_HEAD = """\
# How well the embedded engine reads

Written by `manage.py evaluate_insights --data DIR`; every figure is what that command measured.
The sets are public labelled text, named in the table and not part of this repository. The engine's
rules were tuned on them, so expect somewhat less on other text. The tone model was not
fitted on the parts it is measured on, but its settings were chosen with them in view.
The lexicon is written by hand: nothing is trained on meeting notes or status reports.

A *floor* is what no change may go below (`tests/test_quality.py`), an *aim* where it should get.

| what | data | n | figure | measured | floor | aim |
|---|---|---|---|---|---|---|
"""

_TAIL = """
## Protocols

"""


def page(figures: Sequence[Figure]) -> str:
    """The page as Markdown."""
    lines = [_HEAD]
    lines += [_row(figure) for figure in figures]
    lines.append(_TAIL)
    lines += [
        f"* **{what}** ({data}): {protocol}.\n" for what, data, protocol in _protocols(figures)
    ]
    return "".join(lines)


def _row(figure: Figure) -> str:
    cells = (
        figure.what,
        figure.data,
        f"{figure.n:,}",
        figure.name,
        _number(figure.value) + _verdict(figure),
        _bound(figure.bounds, figure.bounds.floor),
        _bound(figure.bounds, figure.bounds.aim),
    )
    return "| " + " | ".join(cells) + " |\n"


def _verdict(figure: Figure) -> str:
    if not figure.holds:
        return " ✗ below the floor"
    return "" if figure.reached else " (aim not reached)"


def _bound(bounds: Bounds, bound: float | None) -> str:
    return "" if bound is None else f"{'≤' if bounds.fewer else '≥'} {_number(bound)}"


def _number(value: float) -> str:
    return f"{value:.3f}"


def _protocols(figures: Sequence[Figure]) -> list[tuple[str, str, str]]:
    return list(dict.fromkeys((f.what, f.data, f.protocol) for f in figures))
