"""Where the weekly briefing is read, asked for and ended."""

from django.urls import path

from insights.briefing import views

app_name = "briefing"
urlpatterns = [
    # /briefing
    path("briefing", views.index, name="index"),
    path("briefing/unsubscribe/<str:token>", views.unsubscribe, name="unsubscribe"),
    # /settings/briefing
    path("settings/briefing", views.subscription, name="subscription"),
]
