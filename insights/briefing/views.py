"""The page of a week, asking for the mail, and ending it by its link."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from connectors.as_of import portfolio_day
from connectors.freshness import glance
from engagements.access import personal
from insights.briefing import subscribing, weeks, wording
from insights.briefing.forms import BriefingForm
from insights.briefing.gather import briefing_of, known_of, scoped
from insights.briefing.models import BriefingDelivery
from psinsights.lib.http import missing, person_of, query

ONE_CLICK = "One-Click"
SHOWN = 10  # mails, the newest first


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What changed in a week, the newest seven days unless another one is asked for."""
    person, as_of = person_of(request), portfolio_day()
    scope = "mine" if request.GET.get("scope") == "mine" else "all"
    request.data_glance = glance()  # type: ignore[attr-defined]  # the frame shows the same one
    known = known_of(scoped(person, scope))
    asked = request.GET.get("week", ""), request.GET.get("until", "")
    since = known.since or as_of
    try:
        week = weeks.asked_week(*asked, as_of=as_of, since=since)
    except weeks.NoSuchWeek as error:
        return missing(request, str(error))
    briefing = briefing_of(
        person,
        scope,
        week,
        as_of=as_of,
        glance=request.data_glance,  # type: ignore[attr-defined]
        known=known,
    )
    context = {
        "briefing": briefing,
        "verdict": wording.verdict(briefing),
        "besides": wording.besides(briefing),
        "links": _links(week, scope, since=since, as_of=as_of, asked=any(asked)),
    }
    return render(request, "briefing/index.html", context)


def _links(week: weeks.Week, scope: str, **given: Any) -> dict[str, str]:
    """The addresses of the weeks beside this one and of the other scope."""
    kept = {"scope": "mine" if scope == "mine" else ""}
    here = {"until": week.last, "week": ""} if given["asked"] else {}
    earlier = weeks.before(week, given["since"])
    later = weeks.after(week, given["as_of"])
    page = reverse("briefing:index")
    return {
        "before": page + query(kept | {"week": earlier}) if earlier else "",
        "after": page + query(kept | {"week": later}) if later else "",
        "newest": page + query(kept) if given["asked"] else "",
        "mine": page + query(here | {"scope": "mine"}),
        "all": page + query(here),
    }


@personal
@require_http_methods(["GET", "HEAD", "POST"])
def subscription(request: HttpRequest) -> HttpResponse:
    """One's own weekly mail: on or off, of what, and how the last ones fared."""
    person = person_of(request)
    form = BriefingForm(request.POST if request.method == "POST" else None, person=person)
    if request.method == "POST" and form.is_valid():
        messages.success(request, form.save())
        return redirect(reverse("settings:index", fragment="account"))
    context = {
        "form": form,
        "subscription": subscribing.subscription_of(person),
        "mails": BriefingDelivery.objects.filter(user=person.pk).order_by("-week")[:SHOWN],
    }
    status = 422 if form.errors else 200
    return render(request, "briefing/subscription.html", context, status=status)


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """End the mail of whoever the link was sent to. Looking at the page changes nothing.

    A mail program posts ``List-Unsubscribe=One-Click`` (RFC 8058) without cookies: the signed link
    is the key. Any other body needs the token of the page.
    """
    person = subscribing.person_of(token)
    if person is None:
        response = missing(
            request, "This link ends no briefing. Sign in and switch it off on the settings page."
        )
    elif request.method == "POST" and request.POST.get("List-Unsubscribe") == ONE_CLICK:
        subscribing.unsubscribe(person, how="one click")
        response = _unsubscribe_page(request, person)
    elif request.method == "POST":
        response = _by_button(request, token, person)
    else:
        response = _unsubscribe_page(request, person)
    response["X-Robots-Tag"] = "noindex, nofollow"
    # The address is the key. "no-referrer" would say so best, and browsers then post with a null
    # origin, which the button's own check refuses; the page links to nowhere else.
    response["Referrer-Policy"] = "same-origin"
    return response


@csrf_protect
def _by_button(request: HttpRequest, token: str, person: User) -> HttpResponse:
    subscribing.unsubscribe(person, how="link")
    return redirect("briefing:unsubscribe", token)


def _unsubscribe_page(request: HttpRequest, person: User) -> HttpResponse:
    wanted = subscribing.subscription_of(person)
    context = {"subscription": wanted, "is_theirs": request.user.pk == person.pk}
    return render(request, "briefing/unsubscribe.html", context)
