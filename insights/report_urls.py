"""Where status reports are read and shared. An engagement's id may hold any character."""

from django.urls import path

from insights import report_views

app_name = "reports"
urlpatterns = [
    # /engagements/<id>/…
    path("engagements/<path:engagement_id>/report", report_views.report, name="report"),
    path("engagements/<path:engagement_id>/share", report_views.links, name="share"),
    # /shares, /shared
    path("shares/<int:pk>/revoke", report_views.close, name="revoke"),
    path("shared/<str:token>", report_views.shared, name="shared"),
]
