"""Airflow on this machine, for `make up` and `make demo`: its API and interface, its scheduler and its DAG processor.

`airflow standalone` starts these three and a triggerer, with log servers that listen on every network interface. Here
each is started by itself: nothing is deferred, so no triggerer; logs are read from disk, so no log server; all that
listens is one port of the loopback address (docs/decisions/ORCH-1-airflow-local.md has the figures).
"""

import configparser
import json
import os
import secrets
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from entrepot.errors import EntrepotError
from entrepot.orchestration.api import AirflowApi, healthy
from entrepot.settings import Settings
from entrepot.warehouse.engine import embedded_server
from entrepot.warehouse.postgres import free_port

DATABASE = "airflow"
USER = "admin"
COMPONENTS = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
}
# Tasks are told to stop with the components; dbt or Great Expectations may need a few seconds to do so.
STOP_SECONDS = 20.0
START_SECONDS = 240.0


class AirflowError(EntrepotError):
    """Airflow could not be started, or one of its processes ended by itself."""


@dataclass(frozen=True)
class LocalAirflow:
    """The Airflow of one installation: configuration, metadata and logs under `<state_dir>/airflow`."""

    settings: Settings

    @property
    def home(self) -> Path:
        """AIRFLOW_HOME."""
        return self.settings.state_dir / "airflow"

    @property
    def url(self) -> str:
        """Address of the interface and of the API."""
        return self._configuration()["api"]["base_url"]

    @property
    def password(self) -> str:
        """Password of the account `admin`, generated at the first start."""
        return str(json.loads(self._passwords_file.read_text())[USER])

    @property
    def _passwords_file(self) -> Path:
        return self.home / "passwords.json"

    @property
    def _processes_file(self) -> Path:
        return self.home / "processes.json"

    def start(self) -> None:
        """Start Airflow's processes, each in a session of its own; does nothing when they run.

        Raises:
            AirflowError: the metadata database cannot be brought up to date.
        """
        if self.processes():
            return
        server = embedded_server(self.settings)
        server.start()
        server.add_database(DATABASE, DATABASE)
        self.home.mkdir(parents=True, exist_ok=True)
        self._configure(server.url(DATABASE, DATABASE))
        self._migrate()
        leaders = []
        try:
            for name, arguments in COMPONENTS.items():
                process = self._spawn(name, *arguments)
                leaders.append({"pid": process.pid, "created": psutil.Process(process.pid).create_time()})
        finally:
            # Written even when one did not start, so that `stop` knows the others.
            _write_private(self._processes_file, json.dumps(leaders))

    def start_and_wait(self) -> None:
        """Start, and wait until the API answers, the scheduler beats and every DAG file was read.

        Raises:
            AirflowError: a process ended by itself, a DAG file cannot be read, or it takes too long.
        """
        self.start()
        deadline = time.monotonic() + START_SECONDS
        while not healthy(self.url):
            self.check()
            if time.monotonic() > deadline:
                raise AirflowError(
                    f"Airflow is not up after {START_SECONDS:.0f} s: see the logs in {self.home / 'logs'}."
                )
            time.sleep(0.5)
        with AirflowApi(self.url, USER, self.password) as api:
            expected = {path.stem for path in (self.settings.project_dir / "dags").glob("*.py")}
            while not expected <= api.dag_ids():
                if errors := api.import_errors():
                    raise AirflowError(f"Airflow cannot read a DAG file: {errors[0]}")
                self.check()
                if time.monotonic() > deadline:
                    raise AirflowError(f"Airflow did not read the DAGs {sorted(expected - api.dag_ids())}.")
                time.sleep(0.5)

    def stop(self) -> None:
        """Stop every process of this Airflow, running tasks included, and wait until none is left."""
        left = self.processes()
        for end in (psutil.Process.terminate, psutil.Process.kill):
            for process in left:
                try:
                    end(process)
                except psutil.NoSuchProcess:
                    continue
            deadline = time.monotonic() + STOP_SECONDS
            while (left := self.processes()) and time.monotonic() < deadline:
                psutil.wait_procs(left, timeout=0.2)
        if left:
            raise AirflowError(
                f"Processes {[process.pid for process in left]} of Airflow do not stop: end them by hand."
            )
        self._processes_file.unlink(missing_ok=True)

    def processes(self) -> list[psutil.Process]:
        """Every process of this Airflow that lives: its components, and whatever they started."""
        if not self._processes_file.exists():
            return []
        sessions = {leader["pid"] for leader in json.loads(self._processes_file.read_text()) if not _reused(leader)}
        found = []
        for process in psutil.process_iter():
            try:
                if os.getsid(process.pid) in sessions and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (ProcessLookupError, PermissionError, psutil.Error):
                continue
        return found

    def check(self) -> None:
        """Make sure that every component runs.

        Raises:
            AirflowError: with the last lines of the log of the one that does not.
        """
        running = {process.pid for process in self.processes()}
        leaders = json.loads(self._processes_file.read_text())
        for name, leader in zip(COMPONENTS, leaders, strict=False):
            if leader["pid"] not in running:
                log = self.home / "logs" / f"{name}.log"
                raise AirflowError(f"Airflow's {name} ended by itself (log: {log}): {_tail(log)}")

    def _spawn(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        logs = self.home / "logs"
        logs.mkdir(exist_ok=True)
        with (logs / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [_airflow_command(), *arguments],
                cwd=self.home, env=self._environment(), start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def _migrate(self) -> None:
        migration = self._spawn("db-migrate", "db", "migrate")
        try:
            status = migration.wait()
        finally:
            migration.kill()
        if status != 0:
            log = self.home / "logs" / "db-migrate.log"
            raise AirflowError(f"Airflow's metadata database was not brought up to date (log: {log}): {_tail(log)}")

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW__")}
        return inherited | {
            "AIRFLOW_HOME": str(self.home),
            "ENTREPOT_STATE_DIR": str(self.settings.state_dir),
            "ENTREPOT_PROJECT_DIR": str(self.settings.project_dir),
            # A proxy set for the outside must not be asked for the loopback address; on macOS, asking the system
            # for its proxies after a fork kills the process.
            "no_proxy": "*" if sys.platform == "darwin" else "127.0.0.1,localhost",
        }

    def _configuration(self) -> configparser.ConfigParser:
        configuration = configparser.ConfigParser(interpolation=None)
        configuration.read(self.home / "airflow.cfg")
        return configuration

    def _configure(self, database_url: str) -> None:
        """Write `airflow.cfg`: fresh ports, and the same secrets as last time."""
        before = self._configuration()
        port = free_port()
        configuration = configparser.ConfigParser(interpolation=None)
        configuration.read_dict(
            {
                "core": {
                    "dags_folder": self.settings.project_dir / "dags",
                    "load_examples": False,
                    "dags_are_paused_at_creation": False,
                    "executor": "LocalExecutor",
                    # Tasks that wait for their turn in the database hold a place each; `reception` must find one.
                    "parallelism": 8,
                    "execution_api_server_url": f"http://127.0.0.1:{port}/execution/",
                    "simple_auth_manager_passwords_file": self._passwords_file,
                    "fernet_key": before.get(
                        "core", "fernet_key", fallback=urlsafe_b64encode(secrets.token_bytes(32)).decode()
                    ),
                },
                "database": {"sql_alchemy_conn": database_url.replace("postgresql://", "postgresql+psycopg2://", 1)},
                "api": {
                    "host": "127.0.0.1",
                    "port": port,
                    "base_url": f"http://127.0.0.1:{port}",
                    "secret_key": before.get("api", "secret_key", fallback=secrets.token_urlsafe(32)),
                },
                "api_auth": {
                    "jwt_secret": before.get("api_auth", "jwt_secret", fallback=secrets.token_urlsafe(64)),
                },
                "logging": {
                    "base_log_folder": self.home / "logs",
                    "namespace_levels": "great_expectations=WARNING",
                },
                # The scheduler may start a task before the API answers: the task asks again, for a minute and a half.
                "workers": {"execution_api_retries": 20, "execution_api_retry_wait_max": 5},
                # A DAG file edited while Airflow runs shows within seconds.
                "dag_processor": {"refresh_interval": 10, "min_file_process_interval": 10},
            }
        )
        with _open_private(self.home / "airflow.cfg") as stream:
            configuration.write(stream)
        if not self._passwords_file.exists():
            _write_private(self._passwords_file, json.dumps({USER: secrets.token_urlsafe(12)}))


def _airflow_command() -> Path:
    return Path(sys.executable).with_name("airflow")


def _reused(leader: dict[str, float]) -> bool:
    """Whether the number of a process that ended was given to another one."""
    try:
        return bool(psutil.Process(int(leader["pid"])).create_time() != leader["created"])
    except psutil.NoSuchProcess:
        return False


def _tail(log: Path) -> str:
    return " / ".join(log.read_text(errors="replace").strip().splitlines()[-5:])


def _open_private(path: Path) -> IO[str]:
    """Open a file for writing that only its owner can read."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w")


def _write_private(path: Path, content: str) -> None:
    with _open_private(path) as stream:
        stream.write(content)
