"""Importing a file from Settings: choose, check, look, confirm. Nothing is written before that."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from connectors import overview
from connectors.as_of import portfolio_day
from connectors.imports import examples, here, kept, reading, writing
from connectors.imports.faults import Fault, Refused
from connectors.imports.forms import ImportForm
from connectors.imports.vocabulary import columns
from connectors.loading import LoadRunning
from connectors.models import ImportCheck
from connectors.sources import SourceError
from connectors.tables import table as table_named
from connectors.tables import tables
from connectors.views import staff_only
from psinsights.lib.http import missing, paginate, render_page, wants_fragment
from psinsights.lib.sheets import csv_response

NOTHING = (
    "This checked file is not kept any more. A check is kept for 24 hours: check the file again."
)
FORMS = {"csv": ("text/csv", examples.as_csv), "json": ("application/json", examples.as_json)}
PAGE = 10  # rejected rows
SHOWN_AGAIN = 20_000  # characters of pasted text, after something was wrong with it


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What can be imported, the templates, and the form."""
    return _form(request, ImportForm())


def _form(
    request: HttpRequest, form: ImportForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "here": "import",
        "form": form,
        "pasted": pasted if len(pasted := str(form["text"].value() or "")) <= SHOWN_AGAIN else "",
        "tables": [(table, columns(table)) for table in tables()],
        "recent": ImportCheck.objects.select_related("requested_by").order_by("-pk")[:5]
        if request.user.is_staff
        else [],
        "largest": reading.LARGEST >> 20,
        "most_rows": f"{reading.MOST_ROWS:,}",
        **_source(),
    }
    return render_page(
        request, "settings/import.html", context | more, partial="work", status=status
    )


def _source() -> dict[str, Any]:
    """Where rows would go, and what that means for them."""
    local = here.writes_files()
    sample = overview.sample_manifest() if local else {}
    anew = local and here.starts_anew()
    return {
        "local": local,
        "sample": {} if anew else sample,
        "anew": anew,
        "frozen_on": portfolio_day() if sample.get("frozen") and not anew else None,
        "mode": settings.DATA_MODE,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def check(request: HttpRequest) -> HttpResponse:
    """Check a file; nothing of the portfolio is changed. 422 says what stops the whole file."""
    if request.method != "POST":
        return redirect("settings:import")
    form = ImportForm(request.POST, request.FILES)
    if getattr(request, "too_large", False):
        fault = Fault(
            reason="too_large",
            message=f"The file is larger than {reading.LARGEST >> 20} MB.",
            advice=reading.SPLIT,
        )
        return _form(request, ImportForm(), status=422, faults=[fault])
    if not form.is_valid():
        return _form(request, form, status=422)
    try:
        found = kept.check_upload(
            form.content(), form.cleaned_data["table"], form.name, request.user
        )
    except Refused as refused:
        return _form(request, form, status=422, faults=refused.faults)
    except SourceError as error:
        fault = Fault(reason="source", message=f"Nothing can be imported now. {error}")
        return _form(request, form, status=422, faults=[fault])
    if not wants_fragment(request):
        return redirect("settings:import-checked", found.pk)
    response = _checked(request, found)
    response["HX-Push-Url"] = reverse("settings:import-checked", args=[found.pk])
    return response


@require_safe
@staff_only
def checked(request: HttpRequest, pk: int) -> HttpResponse:
    """What a checked file comes to: ready, rejected and why, and what would change."""
    found = ImportCheck.objects.select_related("requested_by", "settled_by").filter(pk=pk).first()
    return _checked(request, found) if found else missing(request, NOTHING)


def _checked(
    request: HttpRequest, found: ImportCheck, *, status: int = 200, refused: str = ""
) -> HttpResponse:
    link = reverse("settings:import-checked", args=[found.pk])
    context = {
        "here": "import",
        "found": found,
        "heading": found.heading,
        "table": table_named(found.table),
        "page": paginate(found.rejects.order_by("row", "pk"), request, size=PAGE),
        "link": f"{link}?page=",
        "why_not": "" if found.is_open else writing.why_not(found),
        "refused": refused,
        **_source(),
    }
    partial = "rejects" if request.htmx.target == "rejects" else "work"  # type: ignore[attr-defined]
    return render_page(
        request, "settings/import_check.html", context, partial=partial, status=status
    )


def _gone(request: HttpRequest, pk: int) -> HttpResponse:
    """The page that says so, also where htmx asked."""
    if wants_fragment(request):
        return HttpResponseClientRedirect(reverse("settings:import-checked", args=[pk]))
    return missing(request, NOTHING)


@require_POST
@staff_only
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the rows of a checked file. 409 with a sentence where that is not possible now."""
    found = ImportCheck.objects.filter(pk=pk).first()
    if found is None:
        return _gone(request, pk)
    try:
        found = writing.confirm(found, request.user)
    except (writing.NotImported, LoadRunning) as error:
        return _checked(request, ImportCheck.objects.get(pk=pk), status=409, refused=str(error))
    except SourceError as error:
        sentence = f"Nothing was changed. {error}"
        return _checked(request, ImportCheck.objects.get(pk=pk), status=422, refused=sentence)
    if wants_fragment(request):
        return _checked(request, found)
    return redirect("settings:import-checked", pk)


@require_POST
@staff_only
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Let go of a checked file."""
    found = ImportCheck.objects.filter(pk=pk).first()
    if found is None:
        return _gone(request, pk)
    if kept.discard(found, request.user):
        messages.success(request, "Discarded. Nothing was imported.")
    else:
        messages.info(request, writing.why_not(found))
    return redirect("settings:import")


@require_safe
@staff_only
def rejects(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The rejected rows as CSV, with row, column and reason; corrected, it can be imported."""
    found = ImportCheck.objects.filter(pk=pk).first()
    if found is None or not found.rejects.exists():
        return missing(request, "No rejected rows are kept of this file.")
    name = f"{table_named(found.table).file.removesuffix('.json')}-rejects.csv"
    return csv_response(name, kept.reject_columns(found), kept.reject_lines(found))


@require_safe
def template(request: HttpRequest, name: str) -> HttpResponse:
    """The template of a table as ``<table>.csv`` or ``<table>.json``."""
    stem, _, form = name.rpartition(".")
    known = {table.file.removesuffix(".json"): table for table in tables()}
    if stem not in known or form not in FORMS:
        return missing(request, "There is no such template.")
    content_type, written = FORMS[form]
    response = HttpResponse(written(known[stem]), content_type=f"{content_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{stem}-template.{form}"'
    return response
