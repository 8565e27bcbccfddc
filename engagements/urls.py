"""Where engagements are found. An id may hold any character, so its address comes last."""

from django.urls import path

from engagements import export_views, views

app_name = "engagements"
urlpatterns = [
    # /views
    path("views", views.save_view, name="save-view"),
    path("views/<int:pk>/remove", views.remove_view, name="remove-view"),
    # /engagements, as a page and as a file
    path("engagements", views.index, name="index"),
    path("engagements.csv", export_views.as_csv, name="csv"),
    path("engagements.xlsx", export_views.as_xlsx, name="xlsx"),
    path("engagements/<path:engagement_id>", views.detail, name="detail"),
]
