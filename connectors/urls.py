"""Where settings are found. Addresses are spelt from the root."""

from django.urls import path

from connectors import job_views, views

app_name = "settings"
urlpatterns = [
    # /settings
    path("settings", views.index, name="index"),
    path("settings/load", views.load, name="load"),
    path("settings/regenerate", views.regenerate, name="regenerate"),
    path("settings/outbox/retry", views.retry_outbox, name="retry-outbox"),
    path("settings/job", job_views.job, name="job"),
    path("settings/job/run", job_views.run_job, name="run-job"),
    path("settings/quarantine", views.quarantine, name="quarantine"),
    path("settings/quarantine.csv", views.rejects, name="rejects"),
]
