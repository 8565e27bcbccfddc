"""The list of engagements as a file: exactly its rows, of all pages, in its order."""

from __future__ import annotations

from itertools import chain

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from engagements.exports import LABELS, Export, export_of, filter_of, workbook
from engagements.filters import EngagementFilter
from psinsights.lib import audit
from psinsights.lib.http import render_page
from psinsights.lib.sheets import csv_response

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_GET
def as_csv(request: HttpRequest) -> HttpResponseBase:
    """The rows as CSV, streamed."""
    filters, visible = filter_of(request.user, request.GET)
    if filters.problems:
        return _refused(request, filters)
    export = _noted(request, export_of(filters, visible), "csv")
    head = export.head()
    return csv_response(_name(filters, "csv"), head[0], chain(head[1:], [LABELS], export.cells()))


@require_GET
def as_xlsx(request: HttpRequest) -> HttpResponseBase:
    """The rows as a workbook, with dates as dates and numbers as numbers."""
    filters, visible = filter_of(request.user, request.GET)
    if filters.problems:
        return _refused(request, filters)
    file = workbook(_noted(request, export_of(filters, visible), "xlsx"))
    name = _name(filters, "xlsx")
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


def _name(filters: EngagementFilter, ending: str) -> str:
    return f"engagements-{filters.options.day}.{ending}"


def _noted(request: HttpRequest, export: Export, kind: str) -> Export:
    """The export, with a line about who took how much of it away; no word of the search is kept."""
    chosen = ", ".join(sorted(export.filters.chosen)) or "none"
    audit.record(
        request.user, "engagements.exported", kind, f"{export.total} rows; filters: {chosen}"
    )
    return export


def _refused(request: HttpRequest, filters: EngagementFilter) -> HttpResponse:
    """No file for a question that was not understood: an empty one would look like an answer."""
    context = {"problems": filters.problems, "list": filters.link()}
    return render_page(request, "engagements/no_export.html", context, status=422)
