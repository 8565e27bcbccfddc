"""Where metrics are found. Addresses are spelt from the root."""

from django.urls import path

from metrics import views

app_name = "metrics"
urlpatterns = [
    # /metrics
    path("metrics", views.index, name="index"),
    path("metrics.csv", views.export, name="export"),
]
