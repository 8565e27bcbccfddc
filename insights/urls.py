"""Addresses of the insights room. Engagements' own page is elsewhere; its insights are made here."""

from django.urls import path

from insights import bulk_views, provider_views, version_views, views

app_name = "insights"

urlpatterns = [
    # /insights
    path("insights", views.index, name="index"),
    path("insights/bulk", bulk_views.start, name="bulk-start"),
    path("insights/bulk/<int:pk>", bulk_views.show, name="bulk"),
    path("insights/bulk/<int:pk>/<str:verb>", bulk_views.act, name="bulk-verb"),
    path("insights/provider/test", provider_views.test, name="provider-test"),
    path("insights/<str:insight_id>/feedback", views.feedback, name="feedback"),
    path("insights/<str:insight_id>/changes", version_views.changes, name="diff"),
    # /engagements/<id>/insights
    path("engagements/<path:engagement_id>/insights", views.make_all, name="make-all"),
    path(
        "engagements/<path:engagement_id>/insights/<str:kind>/preview",
        provider_views.preview,
        name="preview",
    ),
    path("engagements/<path:engagement_id>/insights/<str:kind>", views.one_kind, name="kind"),
    # /runs
    path("runs/<int:pk>/cancel", views.cancel, name="cancel"),
    # /risks, /actions
    path("risks/<int:pk>/<str:verb>", views.decide_risk, name="risk"),
    path("actions/<int:pk>/<str:verb>", views.decide_action, name="action"),
]
