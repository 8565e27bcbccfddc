"""The list of engagements, and the page of one."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from engagements import plan, saved, scoring, working
from engagements.filters import EngagementFilter, options_of
from engagements.forms import SaveViewForm
from engagements.gathered import gathered, name_of
from engagements.models import Engagement, HealthReading, NotebookUsage, Task
from engagements.saved_views import MOST_SHOWN, SavedView
from engagements.timeline import KINDS, timeline
from psinsights.lib.http import missing, page_number, paginate, render_page
from psinsights.lib.today import today

PARTS = {"tl": "timeline", "tasks": "tasks"}  # what htmx may ask of an engagement's page


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All engagements: filtered, sorted and paged, all of it in the address."""
    visible = Engagement.objects.visible_to(request.user)
    options = options_of(visible)
    asker = saved.Asker(user=request.user, day=options.day)
    filters = EngagementFilter(request.GET, options=options, asker=asker)
    found = filters.apply(visible)
    context = {
        "filters": filters,
        "page": paginate(found.for_sorted_list(), request, total=found.count()),
        # Asked by the whole page alone:
        "tabs": partial(saved.tabs, visible, asker),
        "kept": partial(kept_views, request),
        "day": options.day,
    }
    return render_page(request, "engagements/index.html", context, partial="rows")


def kept_views(request: HttpRequest) -> list[SavedView]:
    """One's own views and the shared ones."""
    return list(SavedView.objects.shown_to(request.user)[:MOST_SHOWN])


@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the list that the form was beside under a name, and show it."""
    form = SaveViewForm(request.POST, asker=saved.Asker(user=request.user, day=today()))
    if not form.is_valid():
        messages.error(request, form.problem)
        return redirect("engagements:index")
    try:
        view = form.save()
    except IntegrityError:  # the same form, sent twice at once: it is kept already
        return redirect("engagements:index")
    messages.success(request, f"The view “{view.name}” is kept.")
    return redirect(reverse("engagements:index") + view.query)


@require_POST
def remove_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a view of one's own; another's cannot be removed."""
    view = SavedView.objects.of(request.user).filter(pk=pk).first()
    if view is None:
        return missing(request, "You have no such view. It may be gone already.")
    view.delete()
    messages.success(request, f"The view “{view.name}” is removed.")
    return redirect("engagements:index")


@require_safe
def detail(request: HttpRequest, engagement_id: str) -> HttpResponse:
    """One engagement: its score with its working, its plan, and what happened."""
    engagement = find(request, engagement_id)
    if engagement is None:
        return missing(request, f"There is no engagement {engagement_id[:60]} in the data.")
    context = page_of(request, engagement)
    asked = getattr(request, "htmx", None)
    part = PARTS.get(asked.target or "", "") if asked else ""
    return render_page(request, "engagements/detail.html", context, partial=part)


def find(request: HttpRequest, engagement_id: str) -> Engagement | None:
    """The engagement with all that its page shows of it but the timeline, in one query.

    None when there is no such engagement, or none that this person may see.
    """
    if "\0" in engagement_id:  # PostgreSQL refuses to be asked for it
        return None
    newest = HealthReading.objects.filter(engagement=OuterRef("pk"), detail__isnull=False)
    return (
        Engagement.objects.visible_to(request.user)
        .for_list()
        .annotate(
            working=Subquery(newest.order_by("-day").values("detail")[:1]),
            rule_rows=scoring.newest_rows(),
            plan_rows=gathered(
                Task.objects.annotate(owner_name=name_of("owner_id")), *plan.TASK_COLUMNS
            ),
            usage_rows=gathered(NotebookUsage.objects.all(), *plan.USAGE_COLUMNS),
        )
        .filter(pk=engagement_id)
        .first()
    )


def page_of(request: HttpRequest, engagement: Engagement) -> dict[str, Any]:
    """What the page shows. Parts are asked for only where the template wants them."""
    standing = getattr(engagement, "standing", None)
    day = standing.as_of if standing else today()
    at = request.GET.get("at", "")[:200].replace("\0", "")
    health = working.working_of(getattr(engagement, "working", None))
    version = standing.rules_version if standing else scoring.FIRST
    rules = scoring.told_of(getattr(engagement, "rule_rows", None), version, day)
    return {
        "engagement": engagement,
        "standing": standing,
        "day": day,
        "here": reverse("engagements:detail", args=[engagement.pk]),
        "health": health,
        "points_lost": round(sum(s.lost for s in health.signals)) if health else 0,
        "score_head": ["Week", "Score"],
        "lines": working.lines(health, rules.era.rules) if health else [],
        "history": working.history(standing, rules.era.rules, rules.changed) if standing else None,
        "rules": rules,
        "state": working.state_words(standing),
        "elapsed": working.elapsed_days(engagement.start_date, engagement.end_date, day),
        "plan": partial(
            plan.plan,
            getattr(engagement, "plan_rows", None),
            day,
            at=at,
            everything=request.GET.get("tasks") == "all",
        ),
        "timeline": partial(
            timeline,
            engagement,
            day,
            kind=request.GET.get("timeline", "all"),
            number=page_number(request.GET.get("entries")),
            at=at,
        ),
        "kinds": KINDS,
        "notebooks": partial(plan.notebooks, getattr(engagement, "usage_rows", None), day),
    }
