"""The notebook job on the settings page: started once, watched, and never held on to."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from connectors.models import NotebookRun
from connectors.warehouse_config import problems
from psinsights.models import AuditEntry
from tests.factories import signed_in

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
RUN_NOW = "/api/2.2/jobs/run-now"
GET_RUN = "/api/2.2/jobs/runs/get"
RUN_PAGE = "https://workspace.example/run/7"


@pytest.fixture(autouse=True)
def workspace(settings: Any, httpserver: HTTPServer) -> HTTPServer:
    """Databricks mode over a Jobs API on this machine."""
    settings.DATA_MODE = "databricks"
    settings.DATABRICKS = {
        "DATABRICKS_HOST": httpserver.url_for("").rstrip("/"),
        "DATABRICKS_WAREHOUSE_ID": "abc",
        "DATABRICKS_TOKEN": "dapi-test",
        "DATABRICKS_CATALOG": "main",
        "DATABRICKS_SCHEMA": "ps",
        "DATABRICKS_JOB_ID": "42",
    }
    return httpserver


@pytest.fixture
def staff() -> Client:
    return signed_in("manager", is_staff=True)


def _accepts(workspace: HTTPServer) -> None:
    workspace.expect_request(RUN_NOW, method="POST").respond_with_json({"run_id": 7})


def _is(workspace: HTTPServer, life: str, result: str = "", url: str = RUN_PAGE) -> None:
    state = {"life_cycle_state": life} | ({"result_state": result} if result else {})
    answer = {"run_id": 7, "state": state, "run_page_url": url}
    workspace.expect_oneshot_request(GET_RUN).respond_with_json(answer)


def _asked_for(workspace: HTTPServer) -> list[str]:
    """What was asked of the Jobs API; the SDK also looks for the workspace's description."""
    return [request.path for request, _ in workspace.log if request.path.startswith("/api/")]


def _look(client: Client) -> str:
    NotebookRun.objects.update(looked_at=None)  # as if a while had gone by
    return client.get("/settings/job", headers=HTMX).text


def test_a_run_is_started_and_watched_to_its_end(staff: Client, workspace: HTTPServer) -> None:
    _accepts(workspace)
    started = staff.post("/settings/job/run", headers=HTMX)
    assert started.status_code == 200
    assert 'hx-trigger="every 3s"' in started.text
    assert "The run was accepted." in started.text
    _is(workspace, "RUNNING")
    running = _look(staff)
    assert "The notebooks are running." in running
    assert f'href="{RUN_PAGE}"' in running
    assert "Run the notebook job" not in running
    _is(workspace, "TERMINATED", "SUCCESS")
    done = _look(staff)
    assert "The notebooks are done. Load now brings what they wrote." in done
    assert "hx-trigger" not in done
    assert "Run the notebook job" in done
    assert AuditEntry.objects.get(verb="job.started").subject == "7"


def test_without_scripts_the_panel_is_a_form_and_a_link(
    staff: Client, workspace: HTTPServer
) -> None:
    _accepts(workspace)
    page = staff.post("/settings/job/run", follow=True)
    assert page.redirect_chain == [("/settings#job", 302)]
    assert 'href="/settings/job"' in page.text
    _is(workspace, "TERMINATED", "FAILED")
    page = staff.get("/settings/job", follow=True)
    assert "The job did not finish: failed." in page.text


def test_a_second_press_starts_nothing(staff: Client, workspace: HTTPServer) -> None:
    _accepts(workspace)
    staff.post("/settings/job/run")
    again = staff.post("/settings/job/run", headers=HTMX)
    assert again.status_code == 409
    assert "Nothing was started." in again.text
    assert _asked_for(workspace) == [RUN_NOW]


def test_the_database_holds_one_run_under_way() -> None:
    NotebookRun.objects.create(key="a", progress="running")
    NotebookRun.objects.create(key="b", progress="done")
    with pytest.raises(IntegrityError):
        NotebookRun.objects.create(key="c", progress="asked")


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (403, "PERMISSION_DENIED", "We may not run the job."),
        (404, "RESOURCE_DOES_NOT_EXIST", "Check DATABRICKS_JOB_ID."),
        (400, "INVALID_PARAMETER_VALUE", "refused to run the job"),
    ],
)
def test_what_the_workspace_refuses_is_a_sentence(
    staff: Client, workspace: HTTPServer, status: int, code: str, said: str
) -> None:
    body = {"error_code": code, "message": "secret detail"}
    workspace.expect_request(RUN_NOW).respond_with_json(body, status=status)
    answer = staff.post("/settings/job/run", headers=HTMX)
    assert answer.status_code == 422
    assert said in answer.text
    assert "secret detail" not in answer.text
    assert NotebookRun.objects.get().progress == "failed"
    assert AuditEntry.objects.filter(verb="job.failed").exists()


def test_a_start_that_is_not_answered_is_asked_again_with_its_key(
    staff: Client, workspace: HTTPServer
) -> None:
    keys: list[str] = []
    release = threading.Event()

    def late_once(request: Request) -> Response:
        keys.append(request.get_json()["idempotency_token"])
        if len(keys) == 1:
            release.wait(60)
        return Response('{"run_id": 7}', content_type="application/json")

    workspace.expect_request(RUN_NOW).respond_with_handler(late_once)
    try:
        answer = staff.post(
            "/settings/job/run", headers=HTMX
        )  # ends while the server still holds it
        assert not release.is_set()
    finally:
        release.set()
    assert answer.status_code == 422
    assert "Whether it began is not known" in answer.text
    assert staff.post("/settings/job/run", headers=HTMX).status_code == 200
    assert len(set(keys)) == 1
    assert NotebookRun.objects.get().run_id == 7


def test_a_workspace_that_fails_while_watching_is_a_sentence_and_asked_again(
    staff: Client, workspace: HTTPServer
) -> None:
    _accepts(workspace)
    staff.post("/settings/job/run")
    body = {"error_code": "PERMISSION_DENIED", "message": "no"}
    workspace.expect_oneshot_request(GET_RUN).respond_with_json(body, status=403)
    assert "We may not run the job." in _look(staff)
    _is(workspace, "TERMINATED", "SUCCESS")
    assert "The notebooks are done." in _look(staff)


def test_many_who_look_ask_the_workspace_once(staff: Client, workspace: HTTPServer) -> None:
    _accepts(workspace)
    staff.post("/settings/job/run")
    _is(workspace, "RUNNING")
    for _ in range(5):
        staff.get("/settings/job", headers=HTMX)
    assert _asked_for(workspace) == [RUN_NOW, GET_RUN]


def test_an_address_that_is_no_web_page_is_not_linked(staff: Client, workspace: HTTPServer) -> None:
    _accepts(workspace)
    staff.post("/settings/job/run")
    _is(workspace, "RUNNING", url="javascript:alert(1)")
    assert "javascript:" not in _look(staff)


def test_others_see_the_state_and_may_not_act(staff: Client, workspace: HTTPServer) -> None:
    _accepts(workspace)
    staff.post("/settings/job/run")
    other = signed_in("consultant")
    page = other.get("/settings").text
    assert "The run was accepted." in page
    assert "/settings/job/run" not in page
    assert "every 3s" not in other.get("/settings/job", headers=HTMX).text
    assert other.post("/settings/job/run").status_code == 403
    assert _asked_for(workspace) == [RUN_NOW]


def test_the_page_itself_asks_nobody(staff: Client, workspace: HTTPServer) -> None:
    NotebookRun.objects.create(key="a", run_id=7, progress="running")
    with CaptureQueriesContext(connection) as asked:
        assert staff.get("/settings").status_code == 200
    assert len([one for one in asked if "notebookrun" in one["sql"]]) == 1
    assert not workspace.log


def test_without_a_job_the_page_says_what_to_set(staff: Client, settings: Any) -> None:
    settings.DATABRICKS = settings.DATABRICKS | {"DATABRICKS_JOB_ID": ""}
    assert "DATABRICKS_JOB_ID" in staff.get("/settings").text
    assert staff.post("/settings/job/run").status_code == 404


def test_with_files_there_is_no_job(staff: Client, settings: Any) -> None:
    settings.DATA_MODE = "local"
    assert "Notebook job" not in staff.get("/settings").text
    assert staff.get("/settings/job").status_code == 404


def test_a_job_that_is_no_number_is_found_before_it_is_asked_for(settings: Any) -> None:
    found = problems(settings.DATABRICKS | {"DATABRICKS_JOB_ID": "daily"})
    assert "DATABRICKS_JOB_ID" in [problem.setting for problem in found]
