"""/settings as a whole: the doors' part, and what only the front can show."""

from django.urls import path

from connectors import urls as connectors
from psinsights import account, dependency_views, log_views, people_views
from psinsights.webhooks import views as webhook_views

app_name = "settings"
urlpatterns = [
    *connectors.urlpatterns,
    # /settings
    path("settings/people", people_views.index, name="people"),
    path("settings/people/<int:pk>", people_views.one, name="person"),
    path("settings/people/<int:pk>/<str:verb>", people_views.act, name="person-verb"),
    path("settings/password", people_views.change_password, name="password"),
    path("settings/tokens", account.tokens, name="tokens"),
    path("settings/tokens/<int:pk>/revoke", account.revoke, name="revoke-token"),
    path("settings/log", log_views.log, name="log"),
    path("settings/dependencies", dependency_views.index, name="dependencies"),
    path("settings/webhooks", webhook_views.index, name="webhooks"),
    path("settings/webhooks/test", webhook_views.send_test, name="test-webhooks"),
    path("settings/webhooks/failed", webhook_views.send_failed, name="send-failed-webhooks"),
    path("settings/webhooks/<int:pk>", webhook_views.delivery, name="webhook"),
    path("settings/webhooks/<int:pk>/send", webhook_views.send_again, name="send-webhook-again"),
]
