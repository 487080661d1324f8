"""Ways into the warehouse: connections, migrations, and the lock that lets one writer build at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import sqlalchemy
from alembic import command
from alembic.config import Config

from entrepot.errors import ServerError
from entrepot.forms.vintage import gabarit_rows
from entrepot.settings import Settings
from entrepot.warehouse.postgres import READER, Server, embedded_binaries

Connection = psycopg.Connection[tuple[Any, ...]]

MIGRATIONS = Path(__file__).parent / "migrations"
# Any number will do, as long as every writer of one database uses the same.
BUILD_LOCK = 0x656E7472
MINIMUM_VERSION = 15


def embedded_server(settings: Settings) -> Server:
    """The embedded server of this installation, running or not."""
    return Server(settings.state_dir / "postgres", embedded_binaries())


def owner_url(settings: Settings) -> str:
    """URL of the account that owns the warehouse (`postgresql://…`), starting the embedded server if it is used."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    server = embedded_server(settings)
    server.start()
    return server.url()


def reader_url(settings: Settings) -> str:
    """URL for people and tools that read the marts: the read-only account wherever it is known."""
    if settings.database_url is None:
        server = embedded_server(settings)
        server.start()
        return server.url(READER)
    return (settings.reader_url or settings.database_url).get_secret_value()


def with_driver(url: str) -> str:
    """The same URL for SQLAlchemy, which must be told the driver (its default changed between versions)."""
    return url.replace(f"{urlsplit(url).scheme}://", "postgresql+psycopg://", 1)


def connect(settings: Settings, *, autocommit: bool = False) -> Connection:
    """Open a connection as the owner of the warehouse.

    Raises:
        ServerError: the server does not answer or refuses the account.
    """
    try:
        return psycopg.connect(owner_url(settings), autocommit=autocommit, application_name="entrepot")
    except psycopg.OperationalError as error:
        raise ServerError(
            f"The warehouse cannot be reached ({str(error).strip()}): check ENTREPOT_DATABASE_URL."
        ) from None


def migrate(url: str) -> None:
    """Bring the warehouse's own tables to the newest version, and the form maps they hold to those of the code.

    Raises:
        ServerError: the server is older than PostgreSQL 15.
    """
    engine = sqlalchemy.create_engine(with_driver(url), poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        major = int(connection.exec_driver_sql("show server_version_num").scalar_one()) // 10_000
        if major < MINIMUM_VERSION:
            raise ServerError(f"PostgreSQL {MINIMUM_VERSION} or newer is needed, this server is {major}.")
        # Two commands started together must not both create the tables.
        connection.exec_driver_sql(f"select pg_advisory_xact_lock({BUILD_LOCK + 1})")
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()
    with psycopg.connect(url) as loading, loading.cursor() as cursor:
        cursor.execute("lock table entrepot.champ_gabarit in share row exclusive mode")
        cursor.execute("delete from entrepot.champ_gabarit")
        with cursor.copy("copy entrepot.champ_gabarit from stdin") as copy:
            for row in gabarit_rows():
                copy.write_row(row)


@contextmanager
def build_lock(settings: Settings) -> Iterator[None]:
    """Hold the right to run dbt and publish: builds share tables and a room, so they take turns."""
    with connect(settings, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", [BUILD_LOCK])
        yield
