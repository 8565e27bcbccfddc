"""The small forms that some decisions need: a reason, an owner and a date, other words.

A row links to them. In place the form takes the place of its link; without script it is a page.
"""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from engagements.access import READS_ONLY, Refused
from engagements.membership import can_work
from insights import decided, deciding
from insights.models import Action, Risk
from psinsights.lib.http import wants_fragment

# Of each kind the decisions that need more than a press: what opens the form, and what sends it.
FORMS: dict[type[Risk] | type[Action], dict[str, tuple[str, str]]] = {
    Risk: {"dismiss": ("Dismiss", "Dismiss"), "assign": ("Owner and date", "Save")},
    Action: {"dismiss": ("Dismiss", "Dismiss"), "edit": ("Edit", "Accept as edited")},
}
VERBS = {
    Risk: {*deciding.RISK_VERBS, "undo"},
    Action: {*deciding.ACTION_VERBS, "undo"},
}


def refusal(kind: type[Risk] | type[Action], verb: str) -> HttpResponse | None:
    """What is answered, whatever the row, where a decision needs no form: 405, or 404."""
    if verb in FORMS[kind]:
        return None
    if verb in VERBS[kind]:
        return HttpResponseNotAllowed(["POST"])
    raise Http404(f"There is no decision of the name {verb[:20]}.")


def form(request: HttpRequest, subject: Risk | Action, verb: str) -> HttpResponse:
    """The form of one decision, as a part of the page or as a page with a way back."""
    if not can_work(request.user):
        raise Refused(READS_ONLY)
    opens, sends = FORMS[type(subject)][verb]
    part = wants_fragment(request)
    context = {
        "row": subject,
        "kind": "risk" if isinstance(subject, Risk) else "action",
        "verb": verb,
        "opens": opens,
        "sends": sends,
        "is_part": part,
        "next": decided.page_of(request),
        "back": decided.way_back(request, subject),
    }
    response = render(request, f"insights/asked{'' if part else '_page'}.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response
