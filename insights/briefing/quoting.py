"""The words a risk rests on, shown only while the records still say them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from engagements.models import DeliveryNote, Task
from insights.briefing.changes import FoundRisk
from insights.models import Risk
from insights.panel import plain
from insights.schema import Claim
from psinsights.lib.http import record_link
from psinsights.lib.typed import convert

CITED = 3  # records named beside a risk


def quoted(risks: Sequence[FoundRisk]) -> list[FoundRisk]:
    """The risks with their words, where the record still says them; two queries, none for none."""
    if not risks:
        return []
    kept = {
        pk: (_claim(claim), seen)
        for pk, claim, seen in Risk.objects.filter(pk__in=[risk.key for risk in risks]).values_list(
            "pk", "claim", "seen"
        )
    }
    cited = {piece.source for claim, _ in kept.values() if claim for piece in claim.evidence}
    texts = _texts(cited)
    return [_with_words(risk, *kept.get(risk.key, (None, [])), texts) for risk in risks]


def _with_words(
    risk: FoundRisk, claim: Claim | None, seen: Sequence[str], texts: dict[str, str]
) -> FoundRisk:
    page = risk.place.href.partition("#")[0]
    evidence = claim.evidence if claim else ()
    standing = [e for e in evidence if texts.get(e.source, "")[e.start : e.end] == e.quote]
    # A quote is worth its line where it tells more than the title.
    telling = [e for e in standing if plain(e.quote) not in plain(risk.title)]
    if telling:
        said = telling[0]
        href = record_link(page, said.source)
        return replace(risk, quote=said.quote, source=said.source, source_href=href)
    cited = list(dict.fromkeys([*(e.source for e in standing), *seen]))[:CITED]
    records = tuple((record, record_link(page, record)) for record in cited)
    return replace(risk, records=records, changed=bool(evidence) and not standing)


def _claim(kept: dict[str, Any]) -> Claim | None:
    try:
        return convert(kept, Claim, strict=False)
    except msgspec.ValidationError:
        return None


def _texts(cited: set[str]) -> dict[str, str]:
    """What the cited records say today: a note's content, a task's name."""
    notes = DeliveryNote.objects.filter(pk__in=cited).order_by().values_list("pk", "content")
    tasks = Task.objects.filter(pk__in=cited).order_by().values_list("pk", "name")
    return dict(notes.union(tasks, all=True)) if cited else {}
