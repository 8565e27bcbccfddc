"""The worker with a real model service on loopback: nothing lost, nothing doubled, whatever dies."""

from __future__ import annotations

import json
import os
import random
import signal
from collections import Counter

import pytest

from connectors.models import OutboxEntry
from engagements.records import InsightType
from insights.generation import ask
from insights.models import Generation, Insight
from tests.factories import make_engagement, make_note, make_task
from tests.llm.raw import RawServer, always, http
from tests.processes import manage, running
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
KILLS = int(os.environ.get("PSI_KILLS", "4"))
RUNS = max(12, 2 * KILLS)
State = Generation.State


@pytest.fixture
def engagements():
    made = []
    for number in range((RUNS + 3) // 4):
        engagement = make_engagement(engagement_id=f"W-{number}")
        make_task(engagement=engagement)
        make_note(engagement=engagement, content="Still waiting for access to the SFTP drop.")
        made.append(engagement)
    return made


def wishes(engagements, provider: str = "huggingface") -> list[Generation]:
    pairs = [(engagement, kind) for engagement in engagements for kind in InsightType]
    return [ask(engagement, kind, provider=provider) for engagement, kind in pairs[:RUNS]]


def model_settings(server: RawServer) -> dict[str, str]:
    return {
        "AI_PROVIDER": "huggingface",
        "HF_BASE_URL": server.base_url,
        "HF_TIMEOUT_SECONDS": "2",
        "RUN_MARGIN_SECONDS": "1",
    }


def settled() -> bool:
    return not Generation.objects.unfinished().exists()


def assert_whole() -> None:
    """Every run ended; each that is done has its own insight, once, with one row on its way out."""
    for run in Generation.objects.select_related("insight"):
        assert run.state in {State.DONE, State.FAILED}
        assert (run.insight is not None) if run.state == State.DONE else run.error
    done = Generation.objects.filter(state=State.DONE)
    assert done.values("insight").distinct().count() == done.count() == Insight.objects.count()
    pairs = Counter(Insight.objects.current().values_list("engagement_id", "insight_type"))
    assert set(pairs.values()) <= {1}
    assert OutboxEntry.objects.filter(table="ps_ai_insights").count() == Insight.objects.count()


def test_a_worker_writes_what_waits_and_labels_the_engine_that_stepped_in(engagements):
    wishes(engagements)
    with RawServer(always(http(503))) as server, running("work", **model_settings(server)):
        until(settled, what="all runs")
    assert_whole()
    assert set(Insight.objects.values_list("provider", flat=True)) == {"embedded"}
    assert not Insight.objects.filter(fallback_reason="").exists()


def test_a_worker_that_is_killed_at_random_loses_and_doubles_nothing(engagements):
    wishes(engagements)
    body = json.dumps({"choices": []}).encode()
    chance = random.Random(11)
    with RawServer(always(http(200, body))) as server:
        for _ in range(KILLS):
            before = Generation.objects.filter(attempt__gt=0).count()
            worker = manage("work", **model_settings(server))
            more = chance.randint(0, 3)
            try:
                until(
                    lambda before=before, more=more: (
                        settled()
                        or Generation.objects.filter(attempt__gt=0).count() > before + more
                        or Generation.objects.filter(attempt__gt=0).count() >= RUNS
                    ),
                    what="a claim",
                )
            finally:
                worker.send_signal(signal.SIGKILL)
                worker.wait()
                worker.stdout.close()
        with running("work", **model_settings(server)):
            until(settled, seconds=120, what="all runs")
    assert_whole()
    assert Generation.objects.count() == min(RUNS, 4 * len(engagements))


def test_a_worker_told_to_stop_hands_back_what_is_under_way(engagements):
    [run] = wishes(engagements[:1])[:1]
    Generation.objects.exclude(pk=run.pk).delete()
    hang = always(b"")  # accepts, and never answers
    with RawServer(hang) as server:
        settings = model_settings(server) | {"HF_TIMEOUT_SECONDS": "120"}
        worker = manage("work", **settings)
        until(lambda: Generation.objects.filter(state=State.RUNNING).exists(), what="a claim")
        worker.terminate()
        worker.wait(60)
        worker.stdout.close()
    run.refresh_from_db()
    assert run.state in {State.WAITING, State.DONE}


def test_an_embedded_bulk_run_is_performed_by_the_worker(engagements):
    from engagements.models import Engagement
    from insights import bulk

    found = bulk.start(
        Engagement.objects.all(), list(InsightType), user=None, provider="embedded", description="x"
    )
    with running("work") as worker:
        until(lambda: bulk.progress(found).is_over, what="the bulk run")
        # Pages on the same cores go before it.
        assert os.getpriority(os.PRIO_PROCESS, worker.pid) >= 10
    assert bulk.progress(found).done == found.total == 4 * len(engagements)
    assert_whole()
