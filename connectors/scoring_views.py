"""The rules of scoring: everybody may read them, staff may preview other ones and save them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from connectors.as_of import portfolio_day
from connectors.views import staff_only
from engagements import readings, scoring, scoring_runs
from engagements.eras import Era
from engagements.health_model import Rules
from engagements.models import Engagement, ScoringPreview, ScoringRules
from engagements.scoring_forms import RulesForm, SaveForm, values_of
from engagements.scoring_preview import WORST_FIRST, Outcome, preview
from engagements.scoring_shown import proposal_of, shown, version_lines
from psinsights.lib.http import missing, page_number, person_of, render_page
from psinsights.lib.words import plural


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The rules in force and the versions before; ``from`` fills the form with an earlier one."""
    newest = scoring.newest()
    era = scoring.era_of(newest)
    start = era.rules
    wanted = request.GET.get("from", "")
    if wanted:
        found = scoring.numbered(page_number(wanted))
        if found is None:
            return missing(request, "There is no such version of the scoring rules.")
        start = found
    reason = f"Back to version {page_number(wanted)}." if wanted else ""
    form = RulesForm(start=era.rules, seen=era.version, proposed=start)
    return _page(request, newest, era, form, reason=reason)


@require_POST
@staff_only
def preview_rules(request: HttpRequest) -> HttpResponse:
    """What the proposed rules would make of today's portfolio. Nothing of it is written.

    A large portfolio is the worker's: the answer is the address at which its preview will be.
    """
    newest = scoring.newest()
    era = scoring.era_of(newest)
    form = RulesForm(request.POST, start=era.rules, seen=era.version)
    reason = request.POST.get("reason", "")[:300]
    if not form.is_valid():
        return _page(request, newest, era, form, reason=reason, status=422)
    day, person = portfolio_day(), person_of(request)
    if scoring_runs.is_slow():
        run = scoring_runs.ask(form.rules(), seen=era.version, as_of=day, user=person)
        return redirect("settings:scoring-run", run.pk)
    engagements = Engagement.objects.visible_to(person)
    outcome = preview(form.rules(), as_of=day, engagements=engagements)
    return _page(request, newest, era, form, reason=reason, outcome=outcome)


@require_safe
@staff_only
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """A preview that the worker computes: how far it is, then what came of it."""
    found = ScoringPreview.objects.filter(pk=pk, requested_by=person_of(request)).first()
    if found is None:
        return missing(request, "There is no such preview. They are kept for a week.")
    newest = scoring.newest()
    era = scoring.era_of(newest)
    rules = scoring_runs.rules_of(found)
    form = RulesForm(values_of(rules) | {"seen": found.seen}, start=era.rules, seen=era.version)
    outcome = scoring_runs.outcome_of(found)
    return _page(request, newest, era, form, run=found, outcome=outcome)


@require_POST
@staff_only
def save(request: HttpRequest) -> HttpResponse:
    """Save the next version, then score today's portfolio by it. 409 when another was saved first."""
    newest = scoring.newest()
    era = scoring.era_of(newest)
    form = SaveForm(request.POST, start=era.rules, seen=era.version)
    reason = request.POST.get("reason", "")[:300]
    if not form.is_valid():
        return _page(request, newest, era, form, reason=reason, status=422)
    if form.cleaned_data["seen"] == era.version and form.rules() == era.rules:
        same = f"These rules are in force already, as version {era.version}. Nothing was saved."
        return _page(request, newest, era, form, reason=reason, refused=same, status=422)
    try:
        row = scoring.save(
            form.rules(),
            seen=form.cleaned_data["seen"],
            reason=form.cleaned_data["reason"],
            user=person_of(request),
            day=portfolio_day(),
        )
    except scoring.OutOfDate as error:
        newest = scoring.newest()
        era = scoring.era_of(newest)
        given = request.POST.dict() | {"seen": era.version}
        again = RulesForm(given, start=era.rules, seen=era.version)
        return _page(request, newest, era, again, reason=reason, refused=str(error), status=409)
    messages.success(request, _saved(row))
    return redirect("settings:scoring")


def _saved(row: ScoringRules) -> str:
    if scoring_runs.is_slow():
        return f"Version {row.version} is saved. The worker scores the portfolio by it now."
    number = sum(readings.refresh(as_of=row.effective_on))
    return f"Version {row.version} is saved, and {plural(number, 'engagement')} scored by it."


def _page(
    request: HttpRequest,
    newest: ScoringRules | None,
    era: Era,
    form: RulesForm,
    *,
    status: int = 200,
    outcome: Outcome | None = None,
    run: ScoringPreview | None = None,
    **more: Any,
) -> HttpResponse:
    proposed: Rules | None = form.rules() if form.is_bound and form.is_valid() else None
    context = {
        "here": "scoring",
        "newest": newest,
        "era": era,
        "form": form,
        "rules": shown(era.rules),
        "progress": scoring.rescored(era.version),
        "versions": version_lines(request.GET.get("versions"), era.version),
        "proposal": proposal_of(form, era, proposed),
        "outcome": outcome,
        "bands": [band.value for band in WORST_FIRST],
        "run": run,
    }
    return render_page(
        request, "settings/scoring.html", context | more, partial="preview", status=status
    )
