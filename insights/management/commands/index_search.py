"""Builds the index of words anew, for a database that was filled before there was one."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from engagements import search_index
from engagements.models import Engagement, SearchEntry
from insights.models import Action, Risk
from insights.search import index_actions, index_risks


class Command(BaseCommand):
    help = "Brings the index of search up to date; loads and writes do so by themselves."

    def handle(self, *args: Any, **options: Any) -> None:
        for _ in search_index.refresh():
            pass
        for model, index in ((Risk, index_risks), (Action, index_actions)):
            known = Engagement.objects.filter(pk__in=model.objects.values("engagement"))
            for engagement_id in known.values_list("pk", flat=True).iterator():
                index(engagement_id)
        self.stdout.write(f"{SearchEntry.objects.count()} records can be found.")
