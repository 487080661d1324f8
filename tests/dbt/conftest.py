"""Databases that hold the reference data and the reading functions, and nothing else."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from entrepot import pipeline
from entrepot.warehouse.postgres import Server
from tests.conftest import new_warehouse


@pytest.fixture(scope="session")
def template(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Name of a database with reference data and functions loaded, to copy from: nothing stays connected to it."""
    with new_warehouse(server, tmp_path_factory.mktemp("reference")) as warehouse:
        pipeline.load_reference(warehouse.settings)
        yield warehouse.url.rsplit("/", 1)[1]


@pytest.fixture(scope="session")
def functions(
    template: str, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[psycopg.Connection[Any]]:
    """A connection that finds the functions by their short names."""
    with (
        new_warehouse(server, tmp_path_factory.mktemp("functions"), template=template) as warehouse,
        psycopg.connect(warehouse.url, autocommit=True) as connection,
    ):
        connection.execute("set search_path = preparation")
        yield connection
