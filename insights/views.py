"""The insights page, making insights, and deciding what they found."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from connectors.as_of import portfolio_day
from engagements.models import Engagement
from engagements.records import InsightType
from insights import asking, bulk, decided, deciding, feed, panel
from insights.bulk_views import bulk_context
from insights.feed import FeedFilter
from insights.forms import DecisionForm, GenerateForm
from insights.generation import cancel as cancel_run
from insights.generation import generate
from insights.limits import LimitReached
from insights.models import Action, Feedback, Generation, Insight, Risk
from insights.providers.choose import is_remote
from insights.writing import NoProvider
from psinsights.lib.http import person_of, render_page, wants_fragment


def engagement_or_404(request: HttpRequest, engagement_id: str) -> Engagement:
    """The engagement, when there is one and this person may see it."""
    if "\x00" in engagement_id:
        raise Http404
    return get_object_or_404(Engagement.objects.visible_to(request.user), pk=engagement_id)


def kind_or_404(kind: str) -> InsightType:
    try:
        return InsightType(kind)
    except ValueError:
        raise Http404(f"There is no insight of the type {kind[:60]}.") from None


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """The feed of current insights; POST makes one from the form beside it."""
    if request.method == "POST":
        return make_from_form(request)
    filters = FeedFilter(request.GET)
    page = feed.page_of(request, filters)
    found = feed.items(page)
    return render_page(
        request,
        "insights/index.html",
        {
            "filters": filters,
            "page": page,
            "groups": [(None, found)] if filters.by_severity else feed.by_day(found),
            "total": partial(feed.number_of_all, request),
            "kinds": panel.TITLES.items(),
            "day": portfolio_day(),
            **bulk_context(bulk.latest(request.user)),
        },
        partial="feed",
    )


def make_from_form(request: HttpRequest) -> HttpResponse:
    """Make the insight the form asks for and go to it."""
    form = GenerateForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose an engagement and a type of insight.")
        return redirect("insights:index")
    engagement = engagement_or_404(request, form.cleaned_data["engagement_id"].strip())
    kind = InsightType(form.cleaned_data["insight_type"])
    _generate(request, engagement, kind)
    return redirect(place_of(engagement, kind))


def _generate(request: HttpRequest, engagement: Engagement, kind: InsightType) -> bool:
    """Ask for an insight; False, and a sentence for the reader, when a limit is reached."""
    try:
        generate(engagement, kind, user=request.user, force="force" in request.POST)
    except LimitReached as limit:
        messages.error(request, limit.sentence)
        return False
    except NoProvider as error:
        messages.error(request, str(error))
        return False
    return True


def place_of(engagement: Engagement, kind: InsightType) -> str:
    """Where an insight stands on its engagement's page."""
    return reverse("engagements:detail", args=[engagement.pk], fragment=f"ins-{kind}")


@require_http_methods(["GET", "HEAD", "POST"])
def one_kind(request: HttpRequest, engagement_id: str, kind: str) -> HttpResponse:
    """GET: this kind as it stands (a run under way asks again). POST: make it."""
    engagement, wanted = engagement_or_404(request, engagement_id), kind_or_404(kind)
    if request.method == "POST":
        asked = _generate(request, engagement, wanted)
        if asked and (page := decided.page_of(request)) and not wants_fragment(request):
            _say_made(request, engagement, wanted)
            return redirect(page)
    if not wants_fragment(request):
        return redirect(place_of(engagement, wanted))
    state = panel.state(engagement, wanted, request.user)
    # Asked for at full length by a link: nothing was made that would be announced.
    whole = wanted if "whole" in request.GET else ""
    context = {"state": state, "announce": not whole, "whole": whole, "remote": is_remote()}
    return render(request, "insights/kind.html", context)


def _say_made(request: HttpRequest, engagement: Engagement, kind: InsightType) -> None:
    """What came of a wish, for a page that shows many engagements."""
    state = panel.state(engagement, kind, request.user)
    name = f"{state.title} of {engagement.customer_name}"
    if state.has_failed and state.run:
        messages.error(request, f"{name}: {state.run.error or 'could not be generated.'}")
    elif state.is_running:
        messages.info(request, f"{name}: asked for. They stand here when they are written.")
    else:
        messages.success(request, f"{name}: {len(state.claims)} found.")


@require_POST
def make_all(request: HttpRequest, engagement_id: str) -> HttpResponse:
    """Make all four kinds for an engagement."""
    engagement = engagement_or_404(request, engagement_id)
    for kind in InsightType:
        if not _generate(request, engagement, kind):
            break
    return redirect(reverse("engagements:detail", args=[engagement.pk], fragment="insights"))


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a wish that no worker has begun or finished."""
    runs = Generation.objects.filter(
        engagement__in=Engagement.objects.visible_to(request.user)
    ).select_related("engagement")
    run = get_object_or_404(runs, pk=pk)
    cancel_run(run)
    kind = InsightType(run.insight_type)
    if not wants_fragment(request):
        return redirect(place_of(run.engagement, kind))
    state = panel.state(run.engagement, kind, request.user)
    return render(request, "insights/kind.html", {"state": state})


@require_POST
def feedback(request: HttpRequest, insight_id: str) -> HttpResponse:
    """Useful or not, with a reason; asking the same again takes the answer back."""
    insight = get_object_or_404(
        Insight.objects.visible_to(request.user).select_related("engagement"), pk=insight_id
    )
    useful = request.POST.get("useful") == "yes"
    reason = request.POST.get("reason", "").replace("\x00", "")[:300]
    mine = Feedback.objects.filter(insight=insight, user=person_of(request))
    if not reason and mine.filter(useful=useful).exists():
        mine.delete()
    else:
        Feedback.objects.update_or_create(
            insight=insight, user=person_of(request), defaults={"useful": useful, "reason": reason}
        )
    if not wants_fragment(request):
        here = place_of(insight.engagement, InsightType(insight.insight_type))
        return redirect(decided.page_of(request) or here)
    row = panel.current(insight.engagement, request.user).filter(pk=insight_id).first()  # type: ignore[attr-defined]
    return render(request, "insights/feedback.html", {"insight": row or insight})


@require_http_methods(["GET", "HEAD", "POST"])
def decide_risk(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Accept, mitigate, resolve, dismiss, reopen or assign a risk, or undo the last of these.

    GET is the form of a decision that needs one.
    """
    return _form_or_decision(request, Risk, pk, verb)


@require_http_methods(["GET", "HEAD", "POST"])
def decide_action(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Accept, edit, start, put off, finish or dismiss an action, or undo the last of these.

    GET is the form of a decision that needs one.
    """
    return _form_or_decision(request, Action, pk, verb)


def _form_or_decision(
    request: HttpRequest, model: type[Risk | Action], pk: int, verb: str
) -> HttpResponse:
    posted = request.method == "POST"
    if not posted and (refused := asking.refusal(model, verb)):
        return refused
    visible = model.objects.visible_to(request.user)
    subject = get_object_or_404(visible.select_related("engagement"), pk=pk)
    return _decide(request, subject, verb) if posted else asking.form(request, subject, verb)


def _decide(request: HttpRequest, subject: Risk | Action, verb: str) -> HttpResponse:
    form = DecisionForm(request.POST)
    error = ""
    try:
        _apply(request, subject, verb, form)
    except deciding.NotDecidable as refusal:
        error = str(refusal)
        subject.refresh_from_db()
    if wants_fragment(request):
        return decided.fragment(request, subject, verb, error)
    if error:
        messages.error(request, error)
    else:
        messages.success(request, decided.message(subject, verb))
    return redirect(decided.way_back(request, subject))


def _apply(request: HttpRequest, subject: Risk | Action, verb: str, form: DecisionForm) -> None:
    if not form.is_valid():
        raise deciding.NotDecidable("One of the values is too long or is no date.")
    asked, day = form.cleaned_data, portfolio_day()
    if verb == "undo":
        deciding.undo(subject, request.user)
    elif isinstance(subject, Risk):
        given = {name: asked[name] for name in ("reason", "owner", "due_on")}
        deciding.decide_risk(subject, verb, request.user, day=day, **given)
    else:
        deciding.decide_action(subject, verb, request.user, day=day, **asked)
