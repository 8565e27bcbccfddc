"""Addresses of the insights room. Engagements' own page is elsewhere; its insights are made here."""

from django.urls import path

from insights import views

app_name = "insights"

urlpatterns = [
    # /insights
    path("insights", views.index, name="index"),
    path("insights/<str:insight_id>/feedback", views.feedback, name="feedback"),
    # /engagements/<id>/insights
    path("engagements/<path:engagement_id>/insights", views.make_all, name="make-all"),
    path("engagements/<path:engagement_id>/insights/<str:kind>", views.one_kind, name="kind"),
    # /runs
    path("runs/<int:pk>/cancel", views.cancel, name="cancel"),
    # /risks, /actions
    path("risks/<int:pk>/<str:verb>", views.decide_risk, name="risk"),
    path("actions/<int:pk>/<str:verb>", views.decide_action, name="action"),
]
