"""Where metrics are found. Addresses are spelt from the root."""

from django.urls import path
from django.views.generic import RedirectView

app_name = "metrics"
urlpatterns = [path("metrics", RedirectView.as_view(pattern_name="dashboard"), name="index")]
