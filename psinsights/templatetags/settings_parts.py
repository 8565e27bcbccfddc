"""What the rooms above the doors lend to the settings page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from django import template
from django.conf import settings
from django.core.checks import CheckMessage, registry
from django.db.models import OuterRef, Subquery, Sum
from django.urls import reverse
from django.utils import timezone

from insights.models import Insight, InsightCount, ProviderState
from insights.providers.choose import LABELS, is_remote
from psinsights.lib.runs import Run

register = template.Library()
DAYS = 28  # of the share of fallbacks
ROOMS = ("psinsights.", "engagements.", "connectors.", "insights.", "metrics.")
STATE_BADGE = {
    Run.State.WAITING: ("Waiting", "info"),
    Run.State.RUNNING: ("Running", "info"),
    Run.State.DONE: ("Done", "ok"),
    Run.State.FAILED: ("Failed", "risk"),
    Run.State.CANCELLED: ("Cancelled", "none"),
}


@register.inclusion_tag("settings/provider.html", takes_context=True)
def provider_panel(context: dict[str, Any]) -> dict[str, Any]:
    """Who writes insights, what leaves the machine, and how that has gone."""
    return {
        "provider_status": provider_status(),
        "csrf_token": context.get("csrf_token"),
        "request": context.get("request"),
    }


def provider_status() -> dict[str, Any]:
    """The chosen provider as the page shows it; one query and never a call to a model.

    ``breaker`` (a sentence) and ``test_url`` are shown where a remote provider gives them.
    """
    rows = _made_lately()
    made, fallbacks = (sum(row[name] for row in rows) for name in ("made", "fallbacks"))
    return {
        "name": LABELS[settings.AI_PROVIDER],
        "remote": is_remote(),
        "model": settings.HF_MODEL if is_remote() else "embedded-1",
        "own_endpoint": bool(settings.HF_BASE_URL),
        "route": settings.HF_PROVIDER,
        "token_set": bool(settings.HF_TOKEN),
        "timeout": settings.HF_TIMEOUT_SECONDS,
        "rows": [{**row, "label": LABELS.get(row["provider"], row["provider"])} for row in rows],
        "days": DAYS,
        "made": made,
        "fallbacks": fallbacks,
        "fallback_share": round(100 * fallbacks / made) if made else None,
        "breaker": _reachability() if is_remote() else "",
        "test_url": reverse("insights:provider-test") if is_remote() else "",
    }


def _reachability() -> str:
    """How the last call went and whether the breaker is open, as a sentence."""
    state = ProviderState.objects.filter(provider=settings.AI_PROVIDER).first()
    if state is None or state.last_at is None:
        return "Nobody has been asked yet."
    went = "answered" if state.last_ok else "failed"
    sentence = f"The last call, at {state.last_at:%H:%M} UTC on {state.last_at:%-d %b}, {went}."
    if state.last_sentence and not state.last_ok:
        sentence += f" {state.last_sentence}"
    if state.is_open and state.open_until:
        sentence += f" {state.failures} failures in a row: next try at {state.open_until:%H:%M:%S}."
    return sentence


def _made_lately() -> list[dict[str, Any]]:
    since = timezone.now().date() - timedelta(days=DAYS - 1)
    newest = Insight.objects.filter(
        imported=False, provider=OuterRef("provider"), model=OuterRef("model")
    ).order_by("-generated_at")
    rows: Iterable[Any] = (
        InsightCount.objects.filter(imported=False, day__gte=since, count__gt=0)
        .order_by()
        .values("provider", "model")
        .annotate(
            made=Sum("count"),
            fell_back=Sum("fallbacks"),
            last=Subquery(newest.values("generated_at")[:1]),
            took=Sum("milliseconds"),
            clocked=Sum("timed"),
        )
        .order_by("-made")
    )
    return [
        {
            **row,
            "fallbacks": row["fell_back"],
            "mean_ms": row["took"] / row["clocked"] if row["clocked"] else None,
        }
        for row in rows
    ]


@register.inclusion_tag("settings/checks.html")
def system_checks() -> dict[str, Any]:
    """What ``manage.py check`` says of this product's own settings."""
    return {"problems": list(_problems())}


def _problems() -> Iterator[CheckMessage]:
    """Our own checks alone: Django's look at every model and address and take their time."""
    for check in registry.registry.get_checks():
        if check.__module__.startswith(ROOMS):
            yield from check(app_configs=None, databases=None)


@register.inclusion_tag("settings/run_state.html")
def run_state(run: Run) -> dict[str, Any]:
    """A run's state as a badge, and why it failed."""
    word, shade = STATE_BADGE[Run.State(run.state)]
    return {"word": word, "shade": shade, "run": run}


@register.filter
def took(run: Run) -> str:
    """How long a run took: "3.4 s", or a dash."""
    if not (run.started_at and run.finished_at):
        return "–"
    seconds = (run.finished_at - run.started_at).total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.0f} min"
