"""Databases that hold the reference data and the reading functions, and nothing else."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from entrepot.warehouse.postgres import Server
from tests.conftest import new_warehouse


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
