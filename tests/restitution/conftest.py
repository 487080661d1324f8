"""A tiny published warehouse, its report, and the report read back as tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from entrepot.restitution.bilan import BilanFiles, write_bilan
from entrepot.warehouse.postgres import OWNER, Server

from .html_page import Page, read_page

HERE = Path(__file__).parent
DATABASE = "bilan"


@dataclass(frozen=True)
class Report:
    """The report of T1 2024 and where it was read from."""

    url: str
    files: BilanFiles
    page: Page


def _run_files(connection: psycopg.Connection[tuple[object, ...]], *names: str) -> None:
    for name in names:
        connection.execute((HERE / name).read_bytes())


@pytest.fixture(scope="session")
def marts_url(server: Server) -> Iterator[str]:
    """Marts with the figures of `figures.sql`."""
    with server.superuser() as connection:
        connection.execute(f"create database {DATABASE} owner {OWNER}")
    with psycopg.connect(server.url(database=DATABASE)) as connection:
        _run_files(connection, "marts.sql", "figures.sql")
    yield server.url(database=DATABASE)
    with server.superuser() as connection:
        connection.execute(f"drop database {DATABASE} with (force)")


@pytest.fixture(scope="session")
def report(marts_url: str, tmp_path_factory: pytest.TempPathFactory) -> Report:
    files = write_bilan(marts_url, "2024-T1", tmp_path_factory.mktemp("bilan") / "rapports")
    return Report(marts_url, files, read_page(files.html.read_text("utf-8")))
