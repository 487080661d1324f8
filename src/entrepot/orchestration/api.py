"""A client of Airflow's REST API, as far as the demo and the benchmark need it."""

from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from entrepot.errors import EntrepotError

# The first requests after a start wait for Airflow's own imports.
TIMEOUT_SECONDS = 30.0
FINISHED = frozenset({"success", "failed"})


class AirflowApiError(EntrepotError):
    """Airflow refused a request."""


@dataclass(frozen=True)
class Run:
    """One run of a DAG; `partition_key` is the quarter of a run of `entrepot_trimestre`."""

    dag_id: str
    run_id: str
    state: str
    partition_key: str | None

    @property
    def finished(self) -> bool:
        """Whether nothing of the run is left to do."""
        return self.state in FINISHED


class AirflowApi:
    """A session with one Airflow, as the account `username`.

    Raises:
        AirflowApiError: the account is refused.
    """

    def __init__(self, url: str, username: str, password: str) -> None:
        # `trust_env`: a proxy set for the outside must not be asked for the loopback address.
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS, trust_env=False)
        token = self._send("POST", "/auth/token", json={"username": username, "password": password})["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._http.close()

    def dag_ids(self) -> set[str]:
        """DAGs that Airflow has read so far."""
        return {dag["dag_id"] for dag in self._send("GET", "/api/v2/dags")["dags"]}

    def import_errors(self) -> list[str]:
        """What Airflow says of the DAG files it cannot read: file and error."""
        errors = self._send("GET", "/api/v2/importErrors")["import_errors"]
        return [f"{error['filename']}: {error['stack_trace'].strip().splitlines()[-1]}" for error in errors]

    def trigger(self, dag_id: str) -> Run:
        """Start a run on demand."""
        return _run(self._send("POST", f"/api/v2/dags/{dag_id}/dagRuns", json={"logical_date": None}))

    def pause(self, dag_id: str, paused: bool) -> None:
        """Stop or resume the runs of a DAG."""
        self._send("PATCH", f"/api/v2/dags/{dag_id}", json={"is_paused": paused})

    def runs(self, dag_id: str) -> list[Run]:
        """The newest hundred runs of a DAG."""
        query = {"limit": "100", "order_by": "-run_after"}
        found = self._send("GET", f"/api/v2/dags/{dag_id}/dagRuns", params=query)
        return [_run(entry) for entry in found["dag_runs"]]

    def durations(self, run: Run) -> dict[str, float]:
        """Seconds that each task of a run was at work; tasks that did not run are left out."""
        found = self._send("GET", _tasks(run))["task_instances"]
        return {task["task_id"]: task["duration"] for task in found if task["state"] == "success"}

    def failure(self, run: Run) -> str:
        """What the failed tasks of a run say: each task, and the sentence of the error that ended it."""
        tasks = _tasks(run)
        failed = [task for task in self._send("GET", tasks)["task_instances"] if task["state"] == "failed"]
        return " ".join(
            f"{run.dag_id}.{task['task_id']}: {self._error(tasks, task['task_id'], task['try_number'])}"
            for task in failed
        )

    def _error(self, tasks: str, task_id: str, attempt: int) -> str:
        log = self._send("GET", f"{tasks}/{task_id}/logs/{attempt}", headers={"Accept": "application/json"})
        errors = [
            str(detail["exc_value"]) for line in log["content"] for detail in (line.get("error_detail") or [])[:1]
        ]
        return errors[-1] if errors else "no error in its log"

    def _send(self, method: str, path: str, **arguments: Any) -> Any:
        response = self._http.request(method, path, **arguments)
        if response.is_error:
            raise AirflowApiError(f"Airflow refused {method} {path} ({response.status_code}): {response.text[:300]}")
        return response.json()


def healthy(url: str) -> bool:
    """Whether the API answers, and the scheduler and the DAG processor beat."""
    try:
        components = httpx.get(f"{url}/api/v2/monitor/health", timeout=TIMEOUT_SECONDS, trust_env=False).json()
    except httpx.HTTPError:
        return False
    return all(components[name]["status"] == "healthy" for name in ("metadatabase", "scheduler", "dag_processor"))


def _tasks(run: Run) -> str:
    return f"/api/v2/dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances"


def _run(entry: dict[str, Any]) -> Run:
    return Run(entry["dag_id"], entry["dag_run_id"], entry["state"], entry["partition_key"])
