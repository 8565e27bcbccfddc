"""How insights were made here, by whoever wrote them: checked claims, fallbacks, time, tokens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, IntegerField, Q, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from insights.models import Insight
from insights.providers.choose import LABELS
from metrics.period import Period

MOST_TIMES = 2000  # newest insights whose time the percentiles are of


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
    made = Insight.objects.filter(imported=False, generated_at__gte=period.since_moment)
    times = _times(made)
    return [Writer(**row, times=times[row["provider"]]) for row in _sums(made)]


def _sums(made: QuerySet[Insight]) -> list[dict[str, Any]]:
    rows: Iterable[Any] = (
        made.order_by()
        .values("provider")
        .annotate(
            made=Count("pk"),
            fallbacks=Count("pk", filter=~Q(fallback_reason="")),
            checked=_claims("checked"),
            kept=_claims("kept"),
            tokens_in=Coalesce(Sum("input_tokens"), 0),
            tokens_out=Coalesce(Sum("output_tokens"), 0),
        )
        .order_by("-made", "provider")
    )
    return list(rows)


def _claims(name: str) -> Coalesce:
    number = Cast(KeyTextTransform(name, "verification"), IntegerField())
    return Coalesce(Sum(number), 0)


def _times(made: QuerySet[Insight]) -> dict[str, list[int]]:
    newest = made.exclude(latency_ms=None).order_by("-generated_at")
    times: defaultdict[str, list[int]] = defaultdict(list)
    for provider, milliseconds in newest.values_list("provider", "latency_ms")[:MOST_TIMES]:
        times[provider].append(milliseconds or 0)
    for values in times.values():
        values.sort()
    return times
