"""The documented JSON API through the front door: keys, paging, problems, access, replay."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from engagements.models import Engagement
from insights.models import Generation, Insight
from psinsights.models import ApiToken

ENGAGEMENT_KEYS = {
    "engagement_id", "customer_name", "engagement_type", "start_date", "end_date", "status",
    "health_score", "owner_id", "owner_name", "team_members", "contract_value", "created_at",
    "updated_at", "industry", "region", "planned_hours", "consumed_hours", "health",
    "health_band", "health_delta_28d",
}  # fmt: skip
INSIGHT_KEYS = {
    "insight_id", "engagement_id", "customer_name", "insight_type", "content", "generated_at",
    "provider", "model", "prompt_version", "fallback_reason", "stale", "left_out", "claims",
}  # fmt: skip
METRIC_KEYS = {
    "total_engagements", "active_engagements", "at_risk_engagements", "total_insights_generated",
    "stored_insights", "estimated_time_saved_minutes", "estimated_time_saved_hours", "by_role",
    "daily_trend",
}  # fmt: skip
KINDS = ["health_summary", "risk_detection", "theme_extraction", "action_recommendation"]
GENERATE = "/api/insights/generate"

pytestmark = pytest.mark.django_db


@pytest.fixture
def bare_api(manager) -> Client:
    """A session of somebody who may do everything, where there is no data."""
    client = Client()
    client.force_login(manager)
    return client


@pytest.fixture
def api(portfolio, bare_api) -> Client:
    return bare_api


def post(client: Client, url: str, body: object, **headers: str):
    return client.post(url, json.dumps(body), content_type="application/json", headers=headers)


def test_health_says_what_it_is_without_a_login(portfolio):
    answer = Client().get("/api/health")
    assert answer.status_code == 200
    assert {"status", "timestamp", "ai_connected", "data_mode"} <= answer.json().keys()
    assert (answer.json()["status"], answer.json()["data_mode"]) == ("ok", "local")
    assert answer.json()["ai_connected"] is True


def test_dashboard_has_its_documented_keys_worst_first(api):
    body = api.get("/api/dashboard").json()
    assert {"engagements", "health_distribution", "metrics", "recent_insights"} <= body.keys()
    assert set(body["health_distribution"]) == {"healthy", "warning", "critical", "unknown"}
    assert sum(body["health_distribution"].values()) == body["engagements_total"] == 24
    assert body["metrics"].keys() >= METRIC_KEYS
    scores = [e["health"] for e in body["engagements"] if e["health"] is not None]
    assert scores == sorted(scores)
    assert all(e["health_band"] == "unknown" for e in body["engagements"] if e["health"] is None)


def test_engagements_have_every_column(api):
    rows = api.get("/api/engagements").json()
    assert len(rows) == 24
    assert all(row.keys() >= ENGAGEMENT_KEYS for row in rows)


def test_engagements_page_with_total_and_links(api):
    answer = api.get("/api/engagements?limit=10&offset=10&status=Active")
    total = Engagement.objects.filter(status="Active").count()
    assert answer["X-Total-Count"] == str(total)
    assert 'rel="prev"' in answer["Link"]
    assert "status=Active" in answer["Link"]
    first = [
        row["engagement_id"] for row in api.get("/api/engagements?limit=10&status=Active").json()
    ]
    second = [row["engagement_id"] for row in answer.json()]
    assert not set(first) & set(second)
    assert len(first) + len(second) == min(20, total)


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("status=At Risk", lambda e: e["status"] == "At Risk"),
        ("health=healthy", lambda e: e["health_band"] == "healthy"),
        ("health=unknown", lambda e: e["health_band"] == "unknown"),
        ("q=ENG-0003", lambda e: e["engagement_id"] == "ENG-0003"),
    ],
)
def test_a_filter_gives_exactly_what_fits(api, query, holds):
    everything = api.get("/api/engagements?limit=200").json()
    found = api.get(f"/api/engagements?limit=200&{query}").json()
    assert {e["engagement_id"] for e in found} == {
        e["engagement_id"] for e in everything if holds(e)
    }
    assert found


@pytest.mark.parametrize(
    "sort", ["customer_name", "-customer_name", "end_date", "-health", "status"]
)
def test_a_sort_is_total_and_nulls_come_last(api, sort):
    rows = api.get(f"/api/engagements?limit=200&sort={sort}").json()
    values = [row[sort.removeprefix("-")] for row in rows]
    known = [value for value in values if value is not None]
    assert values[: len(known)] == known
    assert known == sorted(known, reverse=sort.startswith("-"))


@pytest.mark.parametrize(
    "query",
    ["status=Late", "health=green", "sort=salary", "limit=0", "limit=201", "limit=x", "offset=-1",
     "offset=" + "9" * 23, "q=a%00b", "colour=red", "limit=1e3", "limit=" + "1" * 5000],
)  # fmt: skip
def test_an_unknown_value_is_422_and_names_the_field(bare_api, query):
    answer = bare_api.get(f"/api/engagements?{query}")
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == 422
    assert body["errors"][0]["field"] == query.split("=")[0]
    assert body["request_id"] == answer["X-Request-ID"]


def test_a_search_of_60_kb_finds_nothing_and_breaks_nothing(api):
    assert api.get("/api/engagements", {"q": "x" * 60_000}).json() == []


def test_an_engagement_comes_with_everything_that_is_its_own(api):
    row = Engagement.objects.filter(standing__health__isnull=False).first()
    body = api.get(f"/api/engagements/{row.pk}").json()
    assert body.keys() >= ENGAGEMENT_KEYS | {"tasks", "notes", "usage", "insights"}
    assert body["health"]["score"] == row.standing.health
    assert len(body["health"]["signals"]) == 8
    assert len(body["tasks"]) == row.tasks.count()
    dates = [note["created_at"] for note in body["notes"]]
    assert dates == sorted(dates, reverse=True)


@pytest.mark.parametrize("name", ["ENG-9999", "9" * 23, "9" * 5000, "%00", "..%2F..%2Fetc", "ünï"])
def test_an_unknown_engagement_is_404(bare_api, name):
    answer = bare_api.get(f"/api/engagements/{name}")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("kind", KINDS)
def test_generating_stores_an_insight_that_is_then_listed(api, kind):
    engagement = Engagement.objects.active().first()
    answer = post(api, GENERATE, {"engagement_id": engagement.pk, "insight_type": kind})
    assert answer.status_code == 200
    body = answer.json()
    assert body["success"] is True
    assert body["error"] is None
    assert body["insight_type"] == kind
    [listed] = api.get(f"/api/insights?engagement_id={engagement.pk}&insight_type={kind}").json()
    assert listed.keys() >= INSIGHT_KEYS
    assert listed["insight_id"] == body["insight_id"]
    assert listed["provider"] == "embedded"
    assert listed["stale"] is False


def test_the_type_is_a_summary_when_none_is_named(api):
    engagement = Engagement.objects.active().first()
    assert post(api, GENERATE, {"engagement_id": engagement.pk}).json()["insight_type"] == KINDS[0]


def test_every_quote_stands_at_its_span(api):
    for engagement in Engagement.objects.all():
        for kind in KINDS:
            post(api, GENERATE, {"engagement_id": engagement.pk, "insight_type": kind})
    checked = 0
    for engagement in Engagement.objects.all():
        detail = api.get(f"/api/engagements/{engagement.pk}").json()
        texts = {t["task_id"]: t["name"] for t in detail["tasks"]}
        texts |= {n["note_id"]: n["content"] for n in detail["notes"]}
        for insight in detail["insights"]:
            for claim in insight["claims"]:
                for evidence in claim["evidence"]:
                    span = texts[evidence["source"]][evidence["start"] : evidence["end"]]
                    assert span == evidence["quote"]
                    checked += 1
    assert checked > 50


def test_unchanged_input_is_not_generated_twice(api):
    wish = {"engagement_id": Engagement.objects.active().first().pk}
    first, second = (post(api, GENERATE, wish).json() for _ in range(2))
    assert first["insight_id"] == second["insight_id"]
    assert Insight.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"engagement_id": "ENG-0001", "insight_type": "horoscope"}, 422, "insight_type"),
        ({"insight_type": "health_summary"}, 422, "engagement_id"),
        ({"engagement_id": 7}, 422, "engagement_id"),
        ({"engagement_id": "ENG-0001", "tone": "cheerful"}, 422, "tone"),
        ({"engagement_id": "a\x00b"}, 422, "engagement_id"),
        ({"engagement_id": "ENG-9999"}, 404, None),
        ([], 422, None),
    ],
)
def test_a_wrong_wish_is_refused_with_a_sentence(bare_api, body, status, field):
    answer = post(bare_api, GENERATE, body)
    assert answer.status_code == status
    assert answer.json()["detail"]
    if field:
        assert answer.json()["errors"][0]["field"] == field
    assert not Generation.objects.exists()


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"{", 400), (b"\xff\xfe", 400), (b"[" * 5000, 400), (b'{"engagement_id": NaN}', 400),
        (b'{"engagement_id": "a", "engagement_id": "b"}', 400),
        (b'{"engagement_id": "\\ud800"}', 422), (b'{"engagement_id": "' + b"x" * 70_000 + b'"}', 413),
    ],
)  # fmt: skip
def test_a_broken_body_is_refused(bare_api, raw, status):
    answer = bare_api.post(GENERATE, raw, content_type="application/json")
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"


def test_a_body_that_is_no_json_is_refused(bare_api):
    assert bare_api.post(GENERATE, {"engagement_id": "ENG-0001"}).status_code == 415


def test_respond_async_answers_202_with_the_run(api):
    wish = {"engagement_id": Engagement.objects.active().first().pk}
    answer = post(api, GENERATE, wish, Prefer="respond-async")
    assert answer.status_code == 202
    run = api.get(answer["Location"])
    assert run.status_code == 200
    assert run.json()["state"] in {"waiting", "running", "done"}


def test_the_same_key_is_done_once_and_answered_alike(api):
    wish = {"engagement_id": Engagement.objects.active().first().pk}
    first = post(api, GENERATE, wish, **{"Idempotency-Key": "k1"})
    again = post(api, GENERATE, wish, **{"Idempotency-Key": "k1"})
    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    assert Generation.objects.count() == 1


def test_the_same_key_with_another_body_is_422(api):
    one, two = Engagement.objects.active()[:2]
    post(api, GENERATE, {"engagement_id": one.pk}, **{"Idempotency-Key": "k1"})
    answer = post(api, GENERATE, {"engagement_id": two.pk}, **{"Idempotency-Key": "k1"})
    assert answer.status_code == 422


@pytest.mark.django_db(transaction=True)
def test_twenty_parallel_wishes_make_one_insight(make_engagement, make_task, manager):
    engagement = make_engagement()
    make_task(engagement=engagement)
    token = ApiToken.issue(manager, "test")[1]

    def wish(_: int) -> int:
        try:
            answer = post(
                Client(),
                GENERATE,
                {"engagement_id": engagement.pk},
                Authorization=f"Bearer {token}",
            )
            return answer.status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(wish, range(20)))
    assert set(codes) == {200}
    assert Insight.objects.count() == 1


def test_metrics_have_their_keys_and_a_point_a_day(api):
    body = api.get("/api/metrics?days=30").json()
    assert body.keys() >= METRIC_KEYS
    assert len(body["daily_trend"]) == 30
    assert body["total_engagements"] == 24
    assert api.get("/api/metrics?days=366").status_code == 422


def test_without_a_login_it_is_401_with_a_problem(portfolio):
    for url in ("/api/dashboard", "/api/engagements", "/api/insights", "/api/metrics"):
        answer = Client().get(url)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == "Bearer"
        assert answer["Content-Type"] == "application/problem+json"


def test_a_token_opens_and_a_revoked_one_does_not(portfolio, manager):
    token, text = ApiToken.issue(manager, "reports")
    headers = {"Authorization": f"Bearer {text}"}
    assert Client().get("/api/dashboard", headers=headers).status_code == 200
    ApiToken.objects.filter(pk=token.pk).update(revoked_at="2026-01-01T00:00:00Z")
    assert Client().get("/api/dashboard", headers=headers).status_code == 401
    assert text not in str(ApiToken.objects.values())


def test_a_session_needs_the_csrf_token_and_a_bearer_does_not(portfolio, manager):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(manager)
    wish = {"engagement_id": Engagement.objects.active().first().pk}
    assert post(strict, GENERATE, wish).status_code == 403
    token = ApiToken.issue(manager, "x")[1]
    bearer = Client(enforce_csrf_checks=True)
    assert post(bearer, GENERATE, wish, Authorization=f"Bearer {token}").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}],
)
def test_a_page_of_another_site_is_refused(bare_api, make_engagement, headers):
    wish = {"engagement_id": make_engagement().pk}
    assert post(bare_api, GENERATE, wish, **headers).status_code == 403
    assert not Generation.objects.exists()


@pytest.mark.parametrize(
    ("url", "method"),
    [("/api/dashboard", "post"), ("/api/insights/generate", "get"), ("/api/engagements", "delete")],
)
def test_another_method_is_405(bare_api, url, method):
    assert getattr(bare_api, method)(url).status_code == 405


def test_an_unknown_address_below_api_is_a_problem(bare_api):
    answer = bare_api.get("/api/nothing")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_regenerating_is_for_staff(stranger):
    other = Client()
    other.force_login(stranger)
    assert post(other, "/api/data/regenerate", {"engagements": 5}).status_code == 403


def test_openapi_describes_every_address(bare_api):
    document = bare_api.get("/api/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    documented = {
        "/api/health", "/api/dashboard", "/api/engagements", "/api/engagements/{engagement_id}",
        "/api/insights", "/api/insights/generate", "/api/metrics", "/api/data/regenerate",
    }  # fmt: skip
    assert documented <= document["paths"].keys()
    text = json.dumps(document)
    for reference in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert reference in document["components"]["schemas"]


@pytest.mark.parametrize("url", ["/api/dashboard", "/api/engagements?limit=200", "/api/insights"])
def test_cost_does_not_grow_with_rows(api, url, make_engagement, django_assert_max_num_queries):
    with django_assert_max_num_queries(20) as first:
        api.get(url)
    for number in range(15):
        make_engagement(engagement_id=f"NEW-{number}")
    with django_assert_max_num_queries(len(first)):
        api.get(url)
