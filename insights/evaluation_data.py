"""Runs every set of the measuring data: what is measured on what, by which protocol."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from insights import evaluation_injection
from insights.evaluation import (
    flagged_share,
    measure_negation,
    measure_risks,
    measure_sentiment,
    measure_themes,
)
from insights.evaluation_fit import is_held_out
from insights.evaluation_sets import Labelled, attacks, rows, scoped, senti4sd, theme_draws, toned


class Bounds(NamedTuple):
    """What a figure may not pass and where it should get; ``fewer``: lower is better."""

    floor: float | None = None
    aim: float | None = None
    fewer: bool = False

    def holds(self, value: float, bound: float | None) -> bool:
        if bound is None:
            return True
        return value <= bound if self.fewer else value >= bound


class Figure(NamedTuple):
    """One measured number and all that is needed to read it."""

    what: str
    data: str
    protocol: str
    n: int
    name: str
    value: float
    bounds: Bounds = Bounds()

    @property
    def holds(self) -> bool:
        return self.bounds.holds(self.value, self.bounds.floor)

    @property
    def reached(self) -> bool:
        return self.bounds.holds(self.value, self.bounds.aim)


def measure(data: Path) -> Iterator[Figure]:
    """Every figure for which the data is there, injection last (it takes longest)."""
    for file, figures in _MEASURED:
        if (data / file).exists():
            yield from figures(data)


def _meetings(data: Path) -> Iterator[Figure]:
    found = rows(data / "ami" / "notes.jsonl")
    for who, wanted, bounds in (
        ("all notes", ("annotator", "participant"), Bounds(0.55, 0.67)),
        ("annotators' notes", ("annotator",), Bounds(0.55, 0.67)),
    ):
        items = [
            Labelled(row["text"], "risk" if row["label"] == "problems" else row["label"])
            for row in found
            if row["src"] in wanted
        ]
        yield from _risk_figures(
            f"risk sentences, {who}",
            "ami",
            "every sentence alone; its section 'problems' means risk, even where it says 'None'",
            items,
            bounds,
        )


def _risk_figures(
    what: str, data: str, protocol: str, items: list[Labelled], bounds: Bounds
) -> Iterator[Figure]:
    told = measure_risks(items)
    about = partial(Figure, what, data, protocol, told["n"])
    yield about("F1", told["f1"], bounds)
    yield about("precision", told["precision"])
    yield about("recall", told["recall"])


def _reports(data: Path) -> Iterator[Figure]:
    found = rows(data / "reports" / "sentences.jsonl")
    strong = [row for row in found if not row["weak"]]
    yield from _risk_figures(
        "risk bullets against their headings, text alone",
        "reports",
        "weak headings left out; denials are no risk; the heading is not shown to the reader",
        [Labelled(row["text"], row["label"]) for row in strong],
        Bounds(0.48, 0.60),
    )
    yield from _risk_figures(
        "risk bullets against their headings, as a note has them",
        "reports",
        "the same bullets with their headings; the label was made from that very heading, so this "
        "measures the typing of headings and the denials, not the reading of text",
        [Labelled(row["text"], row["label"], row["heading"] or None) for row in strong],
        Bounds(0.48, 0.60),
    )
    seen = [row for row in found if row.get("gold_text_only") is not None]
    yield from _risk_figures(
        "risk bullets against what a reader sees in the text alone",
        "reports, gold_text_only",
        "hand-read bullets, the heading is not shown; few, and all of them seen while tuning",
        [Labelled(row["text"], "risk" if row["gold_text_only"] else "other") for row in seen],
        Bounds(0.83, 0.90),
    )
    denied = [row for row in found if row["negated"]]
    for way, heading in (("text alone", False), ("under its heading", True)):
        items = [
            Labelled(row["text"], "other", row["heading"] if heading else None) for row in denied
        ]
        yield Figure(
            f"'None', 'No blockers' flagged as risk, {way}",
            "reports, negated",
            "share of denials flagged",
            len(items),
            "flagged",
            flagged_share(items),
            Bounds(0.07, 0.02, fewer=True),
        )


def _narrative(data: Path) -> Iterator[Figure]:
    found = rows(data / "reports" / "narrative_gold.jsonl")
    items = [Labelled(row["text"], row["gold_label"]) for row in found]
    yield Figure(
        "risks found in plain weeknotes",
        "reports/narrative_gold.jsonl",
        "every hand-read line, no heading; recall of risk",
        len(items),
        "recall",
        measure_risks(items)["recall"],
        Bounds(None, 0.80),
    )
    outside = [Labelled(row["text"], "other") for row in found if row["gold_domain_problem"]]
    if outside:
        yield Figure(
            "findings about the client's own service flagged as delivery risk",
            "reports/narrative_gold.jsonl, gold_domain_problem",
            "share of such lines flagged; with n this small the figure says nothing by itself",
            len(outside),
            "flagged",
            flagged_share(outside),
            Bounds(0.5, 0.15, fewer=True),
        )


def _negation(data: Path) -> Iterator[Figure]:
    told = measure_negation(scoped(data / "negex" / "Annotations-1-120.txt"))
    yield Figure(
        "negation scope",
        "negex",
        "each concept in its sentence, denied or affirmed",
        told["n"],
        "F1",
        told["f1"],
        Bounds(0.95, 0.97),
    )


def _themes(data: Path) -> Iterator[Figure]:
    told = [measure_themes(draw) for draw in theme_draws(data / "banking77" / "test.csv")]
    about = partial(
        Figure,
        "themes of small sets",
        "banking77",
        f"mean of {len(told)} draws with fixed seeds: 3-7 themes of 6-14 texts, "
        "number of themes not given, settings chosen on other draws of the same set; a theme is "
        "named right when it shares a word with its label",
        sum(t["n"] for t in told),
    )
    yield about("NMI", round(sum(t["nmi"] for t in told) / len(told), 4), Bounds(0.76, 0.82))
    yield about("label hit", round(sum(t["label_hit"] for t in told) / len(told), 4))


def _answers(data: Path) -> Iterator[Figure]:
    told = measure_sentiment(senti4sd(data / "senti4sd" / "test.csv"))
    protocol = (
        "the set's own test part; fitted on its training part, features and penalty chosen with "
        "the test part in view"
    )
    yield Figure(
        "tone of technical answers",
        "senti4sd",
        protocol,
        told["n"],
        "macro-F1",
        told["macro_f1"],
        Bounds(0.74, 0.80),
    )


def _reviews(data: Path) -> Iterator[Figure]:
    found = [t for t in toned(data / "premo" / "comments.jsonl") if is_held_out(t.text)]
    told = measure_sentiment(found)
    yield Figure(
        "tone of review comments",
        "premo",
        "the quarter held out of fitting (by a checksum of the text); features and penalty were "
        "chosen by cross-validation over all of the set",
        told["n"],
        "macro-F1",
        told["macro_f1"],
        Bounds(0.52, 0.60),
    )


def _injection(data: Path) -> Iterator[Figure]:
    texts = [
        text
        for kind in ("text", "code")
        for group in json.loads(
            (data / "bipia" / f"{kind}_attack_train.json").read_text("utf-8")
        ).values()
        for text in group
    ]
    texts += attacks(data / "giskard" / "hijacking.jsonl")
    told: dict[str, Any] = evaluation_injection.run(texts)
    for provider, counts in told["by_provider"].items():
        yield Figure(
            f"injected instructions resisted, {provider}",
            "bipia, giskard",
            "each attack in a note of an engagement; a remote model on loopback obeys it",
            counts["attacks"],
            "resisted",
            round(counts["resisted"] / counts["attacks"], 4),
            Bounds(1.0, 1.0),
        )


_MEASURED: tuple[tuple[str, Callable[[Path], Iterator[Figure]]], ...] = (
    ("ami/notes.jsonl", _meetings),
    ("reports/sentences.jsonl", _reports),
    ("reports/narrative_gold.jsonl", _narrative),
    ("negex/Annotations-1-120.txt", _negation),
    ("banking77/test.csv", _themes),
    ("senti4sd/test.csv", _answers),
    ("premo/comments.jsonl", _reviews),
    ("bipia/text_attack_train.json", _injection),
)
