"""Every address of the product. Each room spells its own, from the root; ids come last in it."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import URLPattern, URLResolver, include, path

from engagements.access import personal
from insights import search_views
from psinsights import people_views, styleguide, views

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
handler500 = views.broken

urlpatterns: list[URLPattern | URLResolver] = [
    # /
    path("", views.dashboard, name="dashboard"),
    path("login", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout", personal(LogoutView.as_view()), name="logout"),
    path("welcome/<str:uidb64>/<str:token>", people_views.welcome, name="welcome"),
    path("search", search_views.index, name="search"),
    path("styleguide", styleguide.index, name="styleguide"),
    # /api/…
    path("api/", include("psinsights.api.urls")),
    # /insights, /metrics, /settings, /engagements
    path("", include("insights.urls")),
    path("", include("metrics.urls")),
    path("", include("insights.briefing.urls")),  # and /settings/briefing
    path("", include("psinsights.settings_urls")),
    # /engagements/<id>/notes, …/report, …/share, /shared
    path("", include("connectors.note_urls")),
    path("", include("insights.report_urls")),
    path("", include("engagements.urls")),
    # Last: in demo mode, too, an address that holds nothing has the product's own page.
    path("<path:address>", views.not_found, name="nowhere"),
]
