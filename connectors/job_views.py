"""The notebook job on the settings page: started by staff, and watched without holding a request."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from connectors import job_runs
from connectors.views import staff_only
from connectors.warehouse import WarehouseError
from psinsights.lib.http import render_page, wants_fragment


@require_safe
def job(request: HttpRequest) -> HttpResponse:
    """How the newest run does. Staff ask the workspace by it, others see what is known."""
    state = _state()
    if state.run and request.user.is_staff:
        job_runs.look(state.run)
    return _panel(request, state)


@require_POST
@staff_only
def run_job(request: HttpRequest) -> HttpResponse:
    """Start a run: 409 while one is under way, 422 with what the workspace refused."""
    if not _state().is_set:
        raise Http404
    refused, status = "", 200
    try:
        job_runs.start(request.user)
    except job_runs.JobBusy as error:
        refused, status = str(error), 409
    except WarehouseError as error:
        refused, status = str(error), 422
    return _panel(request, _state(), refused=refused, status=status)


def _state() -> job_runs.JobState:
    state = job_runs.state()
    if state is None:
        raise Http404
    return state


def _panel(
    request: HttpRequest, state: job_runs.JobState, *, refused: str = "", status: int = 200
) -> HttpResponse:
    """The panel alone for htmx; else the settings page, where the panel is."""
    if wants_fragment(request):
        context = {"job": state, "refused": refused}
        return render_page(request, "settings/job.html", context, status=status)
    if refused:
        messages.error(request, refused)
    return redirect(reverse("settings:index", fragment="job"))
