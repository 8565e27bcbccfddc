"""Where settings are found. Addresses are spelt from the root."""

from django.urls import path

from connectors import import_views, job_views, scoring_views, views

app_name = "settings"
urlpatterns = [
    # /settings
    path("settings", views.index, name="index"),
    path("settings/load", views.load, name="load"),
    path("settings/regenerate", views.regenerate, name="regenerate"),
    path("settings/outbox/retry", views.retry_outbox, name="retry-outbox"),
    path("settings/job", job_views.job, name="job"),
    path("settings/job/run", job_views.run_job, name="run-job"),
    path("settings/scoring", scoring_views.index, name="scoring"),
    path("settings/scoring/preview", scoring_views.preview_rules, name="scoring-preview"),
    path("settings/scoring/preview/<int:pk>", scoring_views.run, name="scoring-run"),
    path("settings/scoring/save", scoring_views.save, name="scoring-save"),
    path("settings/quarantine", views.quarantine, name="quarantine"),
    path("settings/quarantine.csv", views.rejects, name="rejects"),
    # /settings/import
    path("settings/import", import_views.index, name="import"),
    path("settings/import/check", import_views.check, name="import-check"),
    path("settings/import/templates/<str:name>", import_views.template, name="import-template"),
    path("settings/import/<int:pk>", import_views.checked, name="import-checked"),
    path("settings/import/<int:pk>/confirm", import_views.confirm, name="import-confirm"),
    path("settings/import/<int:pk>/discard", import_views.discard, name="import-discard"),
    path("settings/import/<int:pk>/rejects.csv", import_views.rejects, name="import-rejects"),
]
