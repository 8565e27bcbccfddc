"""Where delivery notes are written. An engagement's id may hold any character."""

from django.urls import path

from connectors import note_views

app_name = "notes"
urlpatterns = [
    # /engagements/<id>/notes
    path("engagements/<path:engagement_id>/notes/new", note_views.add, name="new"),
    path("engagements/<path:engagement_id>/notes/<str:note_id>/edit", note_views.edit, name="edit"),
]
