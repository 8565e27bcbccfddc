"""New sample data over the API."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest

from connectors import sync
from connectors.sources import SourceError
from psinsights.api.endpoint import endpoint
from psinsights.api.problems import Problem
from psinsights.api.schemas import RegenerateAnswer, RegenerateBody


@endpoint(
    path="/api/data/regenerate",
    method="POST",
    summary="Replace the sample data. Only in local mode, and only for people who may.",
    answer=RegenerateAnswer,
    body=RegenerateBody,
    statuses=[HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT],
)
def regenerate(request: HttpRequest, body: RegenerateBody) -> RegenerateAnswer:
    if settings.DATA_MODE != "local":
        raise Problem(
            HTTPStatus.CONFLICT, "Sample data is made in local mode only; this runs on Databricks."
        )
    if not request.user.is_staff:
        raise Problem(HTTPStatus.FORBIDDEN, "Only staff may replace the data.")
    try:
        wish = sync.Wish(engagements=body.engagements, seed=body.seed)
        summary = sync.regenerate(wish, user=request.user, trigger="api")
    except sync.LoadRunning as error:
        raise Problem(HTTPStatus.CONFLICT, str(error), retry_after=5) from error
    except SourceError as error:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
    counts = {name: outcome.read for name, outcome in summary.tables.items()}
    return RegenerateAnswer(
        success=True, message=f"{body.engagements} engagements were made and loaded.", counts=counts
    )
