"""How insights were made here, by whoever wrote them: checked claims, fallbacks, time, tokens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum

from insights.models import Insight, InsightCount
from insights.providers.choose import LABELS
from metrics.cost import Cost, cost_of
from metrics.period import Period

MOST_TIMES = 2000  # newest insights whose time the percentiles are of
# What a line sums up, by the column of the counts that it comes from.
SUMS = {
    "made": "count",
    "fallbacks": "fallbacks",
    "checked": "checked",
    "kept": "kept",
    "tokens_in": "input_tokens",
    "tokens_out": "output_tokens",
}


@dataclass(frozen=True, kw_only=True)
class Writer:
    """One provider's insights of a period."""

    provider: str
    made: int
    fallbacks: int  # of these, because another provider could not
    checked: int
    kept: int
    tokens_in: int
    tokens_out: int
    times: Sequence[int] = ()  # milliseconds, sorted

    @property
    def label(self) -> str:
        return LABELS.get(self.provider, self.provider or "Not stated")

    @property
    def cost(self) -> Cost:
        return cost_of(self.provider, self.tokens_in, self.tokens_out)

    @property
    def verified(self) -> int | None:
        """Percent of the claims that the verifier let through; None when none was checked."""
        return round(100 * self.kept / self.checked) if self.checked else None

    @property
    def p50(self) -> int | None:
        return percentile(self.times, 50)

    @property
    def p95(self) -> int | None:
        return percentile(self.times, 95)


def percentile(ordered: Sequence[int], share: int) -> int | None:
    """The nearest-rank percentile of sorted values: one that really occurred."""
    if not ordered:
        return None
    return ordered[max(0, -(-share * len(ordered) // 100) - 1)]


def writers_of(period: Period) -> list[Writer]:
    """A line per provider, the busiest first; two queries."""
    times = _times(period)
    return [Writer(times=times[provider], **sums) for provider, sums in _sums(period)]


def _sums(period: Period) -> list[tuple[str, dict[str, Any]]]:
    here = InsightCount.objects.filter(imported=False, day__gte=period.since, count__gt=0)
    sums = [Sum(column) for column in SUMS.values()]
    rows: Iterable[Any] = here.order_by().values_list("provider").annotate(*sums)
    found = [
        (provider, {"provider": provider, **dict(zip(SUMS, counts, strict=True))})
        for provider, *counts in rows
    ]
    return sorted(found, key=lambda row: (-row[1]["made"], row[0]))


def _times(period: Period) -> dict[str, list[int]]:
    made = Insight.objects.filter(imported=False, generated_at__gte=period.since_moment)
    newest = made.filter(latency_ms__isnull=False).order_by("-generated_at")
    times: defaultdict[str, list[int]] = defaultdict(list)
    for provider, milliseconds in newest.values_list("provider", "latency_ms")[:MOST_TIMES]:
        times[provider].append(milliseconds or 0)
    for values in times.values():
        values.sort()
    return times
