"""What is answered after a decision: the row as it stands now, a sentence, and the way back.

On the dashboard and in the feed a row is another one than on the engagement's page; at the top of
the dashboard a number counts what is still to be decided.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString

from connectors.as_of import portfolio_day
from engagements.records import InsightType
from engagements.scope import scope_of
from insights.models import Action, Risk
from insights.today import actions_due, worries

SAID = {
    "accept": "Accepted",
    "edit": "Accepted as edited",
    "mitigate": "Being mitigated",
    "start": "Begun",
    "resolve": "Resolved",
    "done": "Done",
    "dismiss": "Dismissed",
    "reopen": "Open again",
    "undo": "Taken back",
}
MOST_WORDS = 60  # characters of a title in a sentence


def sentence(subject: Risk | Action, verb: str) -> str:
    """What was decided: "Dismissed: No owner for the cut-over"."""
    if verb == "later":
        said = f"Due {subject.due_on:%-d %b}"
    elif verb == "assign":
        until = f", due {subject.due_on:%-d %b}" if subject.due_on else ""
        said = f"With {subject.owner}{until}"
    else:
        said = SAID.get(verb, verb.capitalize())
    title = subject.title
    return f"{said}: {title if len(title) <= MOST_WORDS else title[:MOST_WORDS].rstrip() + '…'}"


def message(subject: Risk | Action, verb: str) -> SafeString:
    """The same for the top of the next page, with the place where it can be undone."""
    return format_html(
        '{} <a href="{}">See it, or undo</a>', sentence(subject, verb), home(subject)
    )


def home(subject: Risk | Action) -> str:
    """Where it stands on its engagement's page, which shows a few of the risks unless asked."""
    page = reverse("engagements:detail", args=[subject.engagement_id])
    if isinstance(subject, Risk):
        return f"{page}?whole={InsightType.RISK_DETECTION}#risk-{subject.pk}"
    return f"{page}#action-{subject.pk}"


def page_of(request: HttpRequest) -> str:
    """The page the form stood on, where it shows rows of many engagements; else "".

    A form says it by ``next``, a browser by itself.
    """
    said = request.POST.get("next", "")
    asked = said or request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(asked, {request.get_host()}, request.is_secure()):
        return ""
    parts = urlsplit(asked)
    if not said and parts.path not in (reverse("dashboard"), reverse("insights:index")):
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def way_back(request: HttpRequest, subject: Risk | Action) -> str:
    """Where a form without script returns to."""
    page = page_of(request)
    if not _on_dashboard(page):
        return page or home(subject)
    return f"{page}#{'risks' if isinstance(subject, Risk) else 'actions'}"


def _on_dashboard(page: str) -> bool:
    return bool(page) and urlsplit(page).path == reverse("dashboard")


def _on_feed(page: str) -> bool:
    return bool(page) and urlsplit(page).path == reverse("insights:index")


def fragment(request: HttpRequest, subject: Risk | Action, verb: str, error: str) -> HttpResponse:
    """The row in its new state; beside it, out of band, what was decided and what is left."""
    page = page_of(request)
    part, row_id = _part(subject, page)
    context: dict[str, Any] = {
        "part": f"insights/{part}.html",
        "row": subject,
        "row_id": row_id,
        "error": error,
        "today": portfolio_day(),
        "brief": _on_feed(page),
    }
    if not error:
        context["said"] = sentence(subject, verb)
        name = "risk" if isinstance(subject, Risk) else "action"
        if verb != "undo":
            context["undo"] = reverse(f"insights:{name}", args=[subject.pk, "undo"])
        if verb == "accept" and isinstance(subject, Risk):
            context["answer"] = _answer(subject)
        context["left_at"], context["left"] = _left(request, subject, page)
    return render(request, "insights/decided.html", context, status=422 if error else 200)


def _answer(risk: Risk) -> Action | None:
    """The most urgent action that is proposed against a risk."""
    proposed = Action.objects.filter(risk=risk, status=Action.Status.PROPOSED)
    return proposed.order_by("priority", "due_on", "pk").first()


def _part(subject: Risk | Action, page: str) -> tuple[str, str]:
    """The template of a row on that page, and the id it has there."""
    if isinstance(subject, Risk):
        return "risk_row", f"risk-{subject.pk}"
    if _on_dashboard(page):
        return "due_row", f"due-{subject.pk}"
    if _on_feed(page):
        return "action_brief", f"brief-{subject.pk}"
    return "action_row", f"action-{subject.pk}"


def _left(request: HttpRequest, subject: Risk | Action, page: str) -> tuple[str, int | str]:
    """Which place of the page says how many are still to be decided, and what it says now."""
    if _on_dashboard(page):
        return _left_on_dashboard(request, page, is_risk=isinstance(subject, Risk))
    if isinstance(subject, Risk) or _on_feed(page):
        return "", ""
    statuses = subject.engagement.actions.filter(status__in=Action.OPEN).values_list("status")
    proposed = sum(1 for (status,) in statuses if status == Action.Status.PROPOSED)
    return "n-proposed", f"{proposed} proposed, {len(statuses) - proposed} accepted"


def _left_on_dashboard(request: HttpRequest, page: str, *, is_risk: bool) -> tuple[str, int]:
    """In the part of the portfolio that the page shows."""
    asked = parse_qs(urlsplit(page).query).get("scope", [""])[0]
    scope = scope_of(request, asked)
    if is_risk:
        return "n-risks", worries(scope.rows, scope.day, shown=1).number
    due = actions_due(scope.rows, scope.day)
    return "n-actions", due[0].number if due else 0  # type: ignore[attr-defined]  # annotated
