"""Real PostgreSQL servers for the tests: the embedded one, and the machine's own where it has one."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from entrepot import pipeline
from entrepot.sample import write_sample
from entrepot.settings import Settings
from entrepot.warehouse.engine import migrate
from entrepot.warehouse.postgres import DATABASE, OWNER, READER, Server, embedded_binaries

# Debian and its kin; Homebrew. Another place is named by this variable.
LOCAL_BINARIES = [
    *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
    *sorted(Path("/opt/homebrew/opt").glob("postgresql@*/bin"), reverse=True),
]
BINARIES_VARIABLE = "ENTREPOT_TEST_POSTGRES_BIN"


def _local_binaries() -> Path | None:
    named = os.environ.get(BINARIES_VARIABLE)
    candidates = [Path(named)] if named else LOCAL_BINARIES
    return next((folder for folder in candidates if (folder / "initdb").exists()), None)


SERVERS = ["embedded", *(["local"] if _local_binaries() else [])]


# Enough for every mart to have rows: two campaigns, both vintages, a few regions.
PUBLISHED_TERRITORIES = 10
PUBLISHED_QUARTERS = 12


@dataclass
class Warehouse:
    """A migrated warehouse in a database of its own."""

    url: str
    reader_url: str
    settings: Settings

    @cached_property
    def connection(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url)

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows of a query, seen by a connection of its own."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(query, parameters or None).fetchall()


# Fixtures that cost more than the tests that use them, the dearest first: one worker makes each of them once.
COSTLY = ("published_warehouse", "story", "staged", "template", "accepted", "real_project")


def pytest_make_parametrize_id(val: object) -> str | None:
    """Bytes name no test: those of a workbook say when it was written, and differ from one worker to another."""
    return "octets" if isinstance(val, bytes) else None


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests that share a costly fixture, on the same server, with one worker.

    The machine's own server runs those marked `every_server`: what depends on the version of PostgreSQL (SQL of every
    model and function, intake, the whole way once). The others would cost the same time again and tell nothing more.
    """
    spared = [item for item in items if _server_of(item) == "local" and not item.get_closest_marker("every_server")]
    items[:] = [item for item in items if item not in set(spared)]
    config.hook.pytest_deselected(items=spared)
    for item in items:
        if isinstance(item, pytest.Function) and (used := [name for name in COSTLY if name in item.fixturenames]):
            item.add_marker(pytest.mark.xdist_group(f"{used[0]} {_server_of(item)}"))


def _server_of(item: pytest.Item) -> str:
    """Which server a test runs on; none: an empty text."""
    return str(item.callspec.params.get("server", "")) if hasattr(item, "callspec") else ""


@pytest.fixture(scope="session", params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running cluster with the database `entrepot` migrated, to copy from."""
    binaries = embedded_binaries() if request.param == "embedded" else _local_binaries()
    assert binaries is not None
    server = Server(tmp_path_factory.mktemp("postgres") / request.param, binaries)
    server.start()
    migrate(server.url())
    with server.superuser() as connection:
        connection.execute(f"alter role {OWNER} createdb")
    yield server
    server.destroy()


_numbers = count()
PARSED = "partial_parse.msgpack"
_state_dirs: list[Path] = []


@pytest.fixture
def warehouse(server: Server, tmp_path: Path) -> Iterator[Warehouse]:
    """A fresh copy of the migrated warehouse; dropped afterwards."""
    with new_warehouse(server, tmp_path) as fresh:
        yield fresh


@pytest.fixture(scope="session")
def published_warehouse(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A warehouse where a small sample went the whole way and marts are published: look, do not touch."""
    folder = tmp_path_factory.mktemp("published")
    write_sample(folder / "sample", territories=PUBLISHED_TERRITORIES, quarters=PUBLISHED_QUARTERS)
    with new_warehouse(server, folder / "state") as published:
        pipeline.open_warehouse(published.settings)
        pipeline.receive(published.settings, [folder / "sample"])
        pipeline.run(published.settings)
        yield published


@pytest.fixture(scope="session")
def template(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Name of a database with reference data and functions loaded, to copy from: nothing stays connected to it."""
    with new_warehouse(server, tmp_path_factory.mktemp("reference")) as warehouse:
        pipeline.load_reference(warehouse.settings)
        yield warehouse.url.rsplit("/", 1)[1]


class new_warehouse:  # noqa: N801 - a context manager that reads as a verb
    """Copy of a database of the server, with settings of its own, for as long as the context lasts."""

    def __init__(self, server: Server, state_dir: Path, template: str = DATABASE) -> None:
        self._server = server
        self._state_dir = state_dir
        self._template = template
        self.name = f"test_{os.getpid()}_{next(_numbers)}"

    def __enter__(self) -> Warehouse:
        with self._server.superuser() as connection:
            connection.execute(f"create database {self.name} template {self._template} owner {OWNER}")
            connection.execute(f"grant connect on database {self.name} to {READER}")
        self._take_over_what_dbt_parsed()
        url = self._server.url(OWNER, self.name)
        reader_url = self._server.url(READER, self.name)
        self._warehouse = Warehouse(url, reader_url, Settings(state_dir=self._state_dir, database_url=SecretStr(url)))
        return self._warehouse

    def _take_over_what_dbt_parsed(self) -> None:
        """Give dbt what it parsed for another warehouse: it looks for changes only, which takes half the time."""
        own = self._state_dir / "dbt" / PARSED
        known = [folder for folder in _state_dirs if (folder / "dbt" / PARSED).exists()]
        if known and not own.exists():
            own.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(known[-1] / "dbt" / PARSED, own)
        _state_dirs.append(self._state_dir)

    def __exit__(self, *_: object) -> None:
        if "connection" in self._warehouse.__dict__:
            self._warehouse.connection.close()
        with self._server.superuser() as connection:
            connection.execute(f"drop database if exists {self.name} with (force)")
