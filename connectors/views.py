"""The settings page: where the data comes from, how it fares, and what may be done about it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from connectors import asked, freshness, job_runs, outbox, overview, sync
from connectors.forms import QuarantineFilter, RegenerateForm
from connectors.models import QuarantinedRow
from connectors.quarantine import counts_by_reason
from connectors.sources import SourceError
from engagements.access import managers_only
from psinsights.lib import audit
from psinsights.lib.http import paginate, query, render_page, wants_fragment
from psinsights.lib.sheets import csv_response
from psinsights.lib.words import plural

View = Callable[..., HttpResponseBase]
REJECT_COLUMNS = ["table", "position", "key", "field", "reason", "message", "raw"]


def staff_only(view: View) -> View:
    """What changes the whole installation is for staff; others get 403 and are told so."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_staff:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Everything about this installation that a person may want to know or change."""
    return _page(request)


def _page(
    request: HttpRequest, *, status: int = 200, partial: str = "source", **more: Any
) -> HttpResponse:
    glance = freshness.glance()
    request.data_glance = glance  # type: ignore[attr-defined]  # the frame shows the same
    context = {
        "here": "index",
        "source": overview.source_state(glance),
        "outbox": overview.outbox_state(),
        "job": job_runs.state(),
        "sample": overview.sample_manifest() if glance.source == freshness.SOURCES["local"] else {},
        "regenerate": RegenerateForm(),
    }
    return render_page(
        request, "settings/index.html", context | more, partial=partial, status=status
    )


@require_POST
@staff_only
def load(request: HttpRequest) -> HttpResponse:
    """Load the source now. 409 with a sentence when a load is under way already."""
    try:
        done = _load(request)
    except sync.LoadRunning as error:
        return _page(request, status=409, refused=str(error))
    except SourceError as error:
        audit.record(request.user, "load.failed", "", str(error))
        return _page(request, status=422, refused=f"Nothing was changed. {error}")
    if wants_fragment(request):
        return _page(request, done=done)
    messages.success(request, done)
    return redirect(reverse("settings:index", fragment="source"))


def _load(request: HttpRequest) -> str:
    """Load or leave it to the worker; what happened, as a sentence."""
    if overview.is_slow(overview.source_state(freshness.glance())):
        asked.leave_to_worker(request.user)
        audit.record(request.user, "load.asked")
        return "The worker loads the data. This page shows how far it is."
    order = sync.Order(trigger=asked.TRIGGER, user=request.user)
    return _told(sync.load(order=order))


def _told(summary: sync.Summary) -> str:
    changed = sum(out.created + out.changed + out.removed for out in summary.tables.values())
    aside = f" {plural(summary.quarantined, 'row')} kept aside." if summary.quarantined else ""
    what = f"{plural(changed, 'row')} new, changed or gone" if changed else "nothing has changed"
    stopped = f" {', '.join(summary.stopped)} was not loaded." if summary.stopped else ""
    return f"Loaded from {summary.location}: {what}.{aside}{stopped}"


@require_POST
@staff_only
def regenerate(request: HttpRequest) -> HttpResponse:
    """Replace the sample data, once the word was typed. 409 while a load runs."""
    form = RegenerateForm(request.POST)
    if not form.is_valid():
        return _page(request, status=422, partial="sample", regenerate=form)
    try:
        summary = sync.regenerate(form.wish(), trigger=asked.TRIGGER, user=request.user)
    except sync.LoadRunning as error:
        return _page(request, status=409, partial="sample", regenerate=form, kept=str(error))
    except SourceError as error:
        kept = f"Nothing was changed. {error}"
        return _page(request, status=422, partial="sample", regenerate=form, kept=kept)
    wish = form.wish()
    audit.record(
        request.user,
        "data.regenerated",
        f"seed {wish.seed}",
        plural(wish.engagements, "engagement"),
    )
    made = f"{plural(wish.engagements, 'engagement')} made with seed {wish.seed}. {_told(summary)}"
    if wants_fragment(request):
        return _page(request, partial="sample", made=made)
    messages.success(request, made)
    return redirect(reverse("settings:index", fragment="sample"))


@require_POST
@staff_only
def retry_outbox(request: HttpRequest) -> HttpResponse:
    """Give refused rows another try, and send what waits."""
    again = outbox.retry_parked()
    audit.record(request.user, "outbox.retried", "", plural(again, "row"))
    pushed = outbox.push()
    left = plural(pushed.waiting, "row")
    told = f"{plural(pushed.sent, 'row')} sent, {left} waiting, {pushed.parked} refused again."
    if pushed.parked or pushed.waiting:
        messages.warning(request, told)
    else:
        messages.success(request, told)
    return redirect(reverse("settings:index", fragment="outbox"))


@require_safe
@managers_only
def quarantine(request: HttpRequest) -> HttpResponse:
    """Rows that could not be taken: where they stood, what is wrong, and the row itself."""
    filters = QuarantineFilter(request.GET)
    page = paginate(filters.apply(QuarantinedRow.objects.all()), request)
    narrowed = filters.asked if filters.is_valid() else {}
    return render_page(
        request,
        "settings/quarantine.html",
        {
            "here": "quarantine",
            "filters": filters,
            "narrowed": narrowed,
            "page": page,
            "counts": counts_by_reason(),
            "link": f"{query(narrowed)}&page=" if narrowed else "?page=",
            "download": reverse("settings:rejects") + (query(narrowed) if narrowed else ""),
        },
        partial="rows",
        status=200 if filters.is_valid() else 422,
    )


@require_safe
@managers_only
def rejects(request: HttpRequest) -> HttpResponseBase:
    """The rows of the quarantine, filtered as the page is, as CSV."""
    filters = QuarantineFilter(request.GET)
    if not filters.is_valid():
        return render(request, "400.html", status=422)
    rows = filters.apply(QuarantinedRow.objects.all()).values_list(*REJECT_COLUMNS)
    return csv_response("rejected-rows.csv", REJECT_COLUMNS, rows.iterator(chunk_size=500))
