"""The printable status report, the links by which it is shared, and what such a link shows."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from connectors.freshness import glance
from engagements.models import Engagement, Share
from engagements.views import find
from insights.report import Report
from insights.reporting import report_of
from insights.sharing import DAYS, opened, revoke, share
from psinsights.lib.http import missing
from psinsights.lib.words import plural

SHOWN = 20  # links of an engagement, the newest first


class ShareForm(forms.Form):
    """How long a link opens."""

    days = forms.TypedChoiceField(
        coerce=int,
        choices=[(days, plural(days, "day")) for days in DAYS],
        error_messages={"invalid_choice": "Choose 1, 14 or 90 days."},
    )


@require_safe
def report(request: HttpRequest, engagement_id: str) -> HttpResponse:
    """One engagement's status on paper: verdict, reasons, what is done about it."""
    engagement = find(request, engagement_id)
    if engagement is None:
        return _no_engagement(request, engagement_id)
    context = {
        "engagement": engagement,
        "report": _report(request, engagement),
        "here": reverse("engagements:detail", args=[engagement.pk]),
    }
    return render(request, "engagements/report.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def links(request: HttpRequest, engagement_id: str) -> HttpResponse:
    """The links to an engagement's report; POST makes one and shows its address once."""
    engagement = find(request, engagement_id)
    if engagement is None:
        return _no_engagement(request, engagement_id)
    form, address, made = ShareForm(request.POST or None, initial={"days": 14}), "", None
    if request.method == "POST" and form.is_valid():
        made, token = share(
            engagement, _report(request, engagement), request.user, form.cleaned_data["days"]
        )
        address = request.build_absolute_uri(reverse("reports:shared", args=[token]))
    context = {
        "engagement": engagement,
        "form": form,
        "chosen": str(form["days"].value()),
        "address": address,
        "made": made,
        "links": _links(engagement),
    }
    status = 422 if form.errors else 200
    return render(request, "engagements/share_dialog.html", context, status=status)


@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke a link of an engagement that one may see."""
    visible = Engagement.objects.visible_to(request.user)
    made = get_object_or_404(Share.objects.defer("snapshot").filter(engagement__in=visible), pk=pk)
    if revoke(made, request.user):
        messages.success(request, "The link is closed. Whoever opens it finds nothing.")
    return redirect("reports:share", made.engagement_id)


@login_not_required
@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """What a live link shows. A wrong, an expired and a revoked one are answered alike."""
    found = opened(token)
    if found is None:
        response = missing(request, "This link does not open anything, or does so no longer.")
    else:
        response = render(request, "engagements/shared.html", {"report": found})
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "no-referrer"  # the address is the key
    response["Cache-Control"] = "no-store"
    return response


def _report(request: HttpRequest, engagement: Engagement) -> Report:
    request.data_glance = glance()  # type: ignore[attr-defined]  # the frame shows the same one
    return report_of(engagement, request.data_glance)  # type: ignore[attr-defined]


def _links(engagement: Engagement) -> QuerySet[Share]:
    rows = Share.objects.filter(engagement=engagement).defer("snapshot")
    return rows.select_related("created_by").order_by("-created_at")[:SHOWN]


def _no_engagement(request: HttpRequest, engagement_id: str) -> HttpResponse:
    return missing(request, f"There is no engagement {engagement_id[:60]} in the data.")
