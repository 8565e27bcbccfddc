"""The job over the notebooks is started and watched through the real SDK."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from connectors.jobs import NotebookJob, Progress
from connectors.warehouse import (
    AccessDenied,
    NotFound,
    Unavailable,
    WarehouseConfig,
    WarehouseError,
)

RUN_NOW = "/api/2.2/jobs/run-now"
GET_RUN = "/api/2.2/jobs/runs/get"


def _job(url: str, patience: float = 2) -> NotebookJob:
    config = WarehouseConfig(
        host="127.0.0.1", http_path="/sql/1.0/warehouses/x", catalog="main", schema="ps",
        token="dapi-test", login_url=url, socket_seconds=patience,
    )  # fmt: skip
    return NotebookJob(config, 42)


@pytest.fixture
def job(httpserver: HTTPServer) -> NotebookJob:
    return _job(httpserver.url_for("").rstrip("/"))


def test_a_run_is_started_once_for_a_key(job: NotebookJob, httpserver: HTTPServer) -> None:
    httpserver.expect_oneshot_request(
        RUN_NOW,
        method="POST",
        json={
            "job_id": 42,
            "idempotency_token": "load-7",
            "job_parameters": {"backend": "embedded"},
        },
        headers={"Authorization": "Bearer dapi-test"},
    ).respond_with_json({"run_id": 7})
    assert job.start(key="load-7", parameters={"backend": "embedded"}) == 7


@pytest.mark.parametrize(
    ("state", "progress"),
    [
        ({"life_cycle_state": "QUEUED"}, Progress.WAITING),
        ({"life_cycle_state": "RUNNING"}, Progress.RUNNING),
        ({"life_cycle_state": "TERMINATING"}, Progress.RUNNING),
        ({"life_cycle_state": "TERMINATED", "result_state": "SUCCESS"}, Progress.DONE),
        ({"life_cycle_state": "TERMINATED", "result_state": "FAILED"}, Progress.FAILED),
        ({"life_cycle_state": "TERMINATED", "result_state": "TIMEDOUT"}, Progress.FAILED),
        ({"life_cycle_state": "INTERNAL_ERROR"}, Progress.FAILED),
        ({"life_cycle_state": "SKIPPED"}, Progress.FAILED),
    ],
)
def test_a_run_says_where_it_is(
    job: NotebookJob, httpserver: HTTPServer, state: dict[str, str], progress: Progress
) -> None:
    answer = {"run_id": 7, "state": state, "run_page_url": "https://workspace/run/7"}
    httpserver.expect_request(GET_RUN, query_string={"run_id": "7"}).respond_with_json(answer)
    run = job.look(7)
    assert run.progress == progress
    assert run.is_over == (progress in (Progress.DONE, Progress.FAILED))
    assert run.sentence.endswith(".")
    assert run.url == "https://workspace/run/7"


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (401, "UNAUTHENTICATED", AccessDenied),
        (403, "PERMISSION_DENIED", AccessDenied),
        (404, "RESOURCE_DOES_NOT_EXIST", NotFound),
        (500, "INTERNAL_ERROR", Unavailable),
    ],
)
def test_a_refusal_is_one_error_of_ours(
    job: NotebookJob,
    httpserver: HTTPServer,
    status: int,
    code: str,
    expected: type[WarehouseError],
) -> None:
    body: dict[str, Any] = {"error_code": code, "message": "no"}
    httpserver.expect_request(RUN_NOW).respond_with_json(body, status=status)
    with pytest.raises(expected):
        job.start(key="x")


def test_a_workspace_that_is_away_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        _job("http://127.0.0.1:9", patience=1).start(key="x")
