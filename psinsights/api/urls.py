"""/api: the documented JSON addresses, exactly as written, without a trailing slash."""

from django.urls import path, re_path

from psinsights.api import data, insights, portfolio
from psinsights.api.openapi import openapi
from psinsights.api.problems import unknown_address

app_name = "api"
unknown_address.login_required = False  # type: ignore[attr-defined]

urlpatterns = [
    # /api/
    path("health", portfolio.health, name="health"),
    path("dashboard", portfolio.dashboard, name="dashboard"),
    path("engagements", portfolio.engagements, name="engagements"),
    path("engagements/<str:engagement_id>", portfolio.engagement, name="engagement"),
    path("insights", insights.feed, name="insights"),
    path("insights/generate", insights.make, name="generate"),
    path("insights/runs/<str:run_id>", insights.run, name="run"),
    path("metrics", portfolio.metrics, name="metrics"),
    path("data/regenerate", data.regenerate, name="regenerate"),
    path("openapi.json", openapi, name="openapi"),
    re_path(r"^", unknown_address),
]
