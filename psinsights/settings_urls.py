"""/settings as a whole: the doors' part, and what only the front can show."""

from django.urls import path

from connectors import urls as connectors
from psinsights import account, log_views

app_name = "settings"
urlpatterns = [
    *connectors.urlpatterns,
    # /settings
    path("settings/tokens", account.tokens, name="tokens"),
    path("settings/tokens/<int:pk>/revoke", account.revoke, name="revoke-token"),
    path("settings/log", log_views.log, name="log"),
]
