"""The job over the notebooks: started from here and watched, by the Jobs API of the workspace."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from connectors.warehouse import (
    AccessDenied,
    NotFound,
    StatementRefused,
    Unavailable,
    WarehouseConfig,
    sign_in,
)


class Progress(enum.StrEnum):
    """Where a run of the job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class JobRun:
    """A run of the job: where it is, a sentence on that, and its page in the workspace."""

    run_id: int
    progress: Progress
    sentence: str
    url: str = ""

    @property
    def is_over(self) -> bool:
        return self.progress in (Progress.DONE, Progress.FAILED)


_WAITING = ("PENDING", "QUEUED", "BLOCKED", "WAITING_FOR_RETRY")
_DONE = ("SUCCESS", "SUCCESS_WITH_FAILURES")


class NotebookJob:
    """One job of a workspace; raises the errors of ``connectors.warehouse``."""

    def __init__(self, config: WarehouseConfig, job_id: int) -> None:
        self.config = config
        self.job_id = job_id
        self._workspace: Any = None

    def start(self, *, key: str, parameters: dict[str, str] | None = None) -> int:
        """Start a run and give its id; the same ``key`` (at most 64 characters) starts one run."""
        with _our_errors():
            started = self._api.run_now(
                self.job_id, idempotency_token=key, job_parameters=parameters
            )
            return int(started.run_id)

    def look(self, run_id: int) -> JobRun:
        """How a run is doing."""
        with _our_errors():
            run = self._api.get_run(run_id)
        state = run.state
        phase = state.life_cycle_state.value if state and state.life_cycle_state else "PENDING"
        result = state.result_state.value if state and state.result_state else ""
        progress = _progress(phase, result)
        return JobRun(run_id, progress, _sentence(progress, phase, result), run.run_page_url or "")

    def cancel(self, run_id: int) -> None:
        """Ask a run to stop; a run that is over stays as it is."""
        with _our_errors():
            self._api.cancel_run(run_id)

    @property
    def _api(self) -> Any:
        from databricks.sdk import WorkspaceClient

        if self._workspace is None:
            self._workspace = WorkspaceClient(config=sign_in(self.config))
        return self._workspace.jobs


def make_ready() -> None:
    """Import the SDK, which takes a second once a process: not to be counted as waiting."""
    import databricks.sdk  # noqa: F401 - for what importing it does


def _progress(phase: str, result: str) -> Progress:
    if result:
        return Progress.DONE if result in _DONE else Progress.FAILED
    if phase in _WAITING:
        return Progress.WAITING
    if phase in ("SKIPPED", "INTERNAL_ERROR"):
        return Progress.FAILED
    return Progress.RUNNING


def _sentence(progress: Progress, phase: str, result: str) -> str:
    reason = (result or phase).replace("_", " ").lower()
    return {
        Progress.WAITING: "The job waits for its cluster.",
        Progress.RUNNING: "The notebooks are running.",
        Progress.DONE: "The notebooks are done.",
        Progress.FAILED: f"The job did not finish: {reason}. Its page in Databricks says where.",
    }[progress]


@contextmanager
def _our_errors() -> Iterator[None]:
    from databricks.sdk.errors import base, platform

    try:
        yield
    except (platform.Unauthenticated, platform.PermissionDenied) as error:
        raise AccessDenied(
            "We may not run the job. It needs CAN_MANAGE_RUN for our identity."
        ) from error
    except platform.NotFound as error:
        raise NotFound("The job is not there. Check DATABRICKS_JOB_ID.") from error
    except (platform.BadRequest, platform.ResourceConflict) as error:
        raise StatementRefused("Databricks refused to run the job as it was asked.") from error
    except (base.DatabricksError, OSError) as error:
        raise Unavailable("The workspace does not answer. Try again later.") from error
