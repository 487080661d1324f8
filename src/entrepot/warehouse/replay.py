"""The whole warehouse made again from its receipts, in a database of its own: what is taken there, and how it compares.

Taken from the original is the ledger alone: receipts, when each is known, the releases published, and reference data as
it was known. All that was computed is computed again (`entrepot.pipeline.replay`).
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import psycopg
from psycopg import errors, sql
from pydantic import SecretStr

from entrepot.errors import EntrepotError
from entrepot.settings import Settings
from entrepot.warehouse import method, releases
from entrepot.warehouse.comparison import Comparison, compare
from entrepot.warehouse.engine import Connection, connect, embedded_server, owner_url
from entrepot.warehouse.published import current, showing

SUFFIX = "_rejeu"
# PostgreSQL cuts longer names.
LONGEST_NAME = 63

# What is taken, in an order that the foreign keys allow. A receipt that no published release knows has no figure yet.
_OF_RELEASES = "parution_id in (select parution_id from entrepot.parution where statut = 'publiee')"
_OF_RECEIPTS = """
recepisse_id in (
    select recepisse_id from entrepot.connaissance inner join entrepot.parution using (parution_id)
    where parution.statut = 'publiee'
)
"""
# What each release was told of its candidate cannot be observed again.
_OF_AUDITS = f"passage_id in (select passage_id from entrepot.passage where {_OF_RELEASES})"  # noqa: S608
_RULES_OF_AUDITS = f"empreinte in (select empreinte from entrepot.passage where {_OF_RELEASES})"  # noqa: S608
_LEDGER = {
    "parution": _OF_RELEASES,
    "jeu_regles": _RULES_OF_AUDITS,
    "regle": _RULES_OF_AUDITS,
    "passage": _OF_RELEASES,
    "resultat": _OF_AUDITS,
    "recepisse": _OF_RECEIPTS,
    "presentation": _OF_RECEIPTS,
    "connaissance": _OF_RELEASES,
    "bascule": _OF_RELEASES,
    "levee": _OF_RECEIPTS,
}

_NUMBERED = """
select table_name, column_name from information_schema.columns
where table_schema = 'entrepot' and table_name = any(%s) and is_identity = 'YES'
"""

_HISTORY = """
select relname, string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' order by attnum)
from pg_class
inner join pg_attribute on attrelid = pg_class.oid
where relnamespace = 'historique'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped
group by relname
"""

# What the reader said of the files; derived receipts have no file to read.
_UNREAD = """
create temporary table verdicts as
select recepisse_id, nom_fichier, verdict, genre, format, territoire_id, trimestre, millesime, motif
from entrepot.recepisse where canal <> 'correction';

update entrepot.recepisse
set verdict = 'recu', verdict_le = null, motif = null, genre = 'inconnu', format = null, territoire_id = null,
    trimestre = null, millesime = null
where canal <> 'correction'
"""

_OTHERWISE_READ = """
select recepisse_id, verdicts.nom_fichier, avant.dit, apres.dit
from verdicts
inner join entrepot.recepisse using (recepisse_id)
cross join lateral (select concat_ws(' ', verdicts.verdict, verdicts.genre, verdicts.format, verdicts.territoire_id,
    verdicts.trimestre, verdicts.millesime, verdicts.motif) as dit) as avant
cross join lateral (select concat_ws(' ', recepisse.verdict, recepisse.genre, recepisse.format,
    recepisse.territoire_id, recepisse.trimestre, recepisse.millesime, recepisse.motif) as dit) as apres
where avant.dit <> apres.dit
order by recepisse_id
"""

# The same cut-off and knowledge, everything computed again by today's method. It begins now, so that reference data
# changed since then is not known at the cut-off.
_OPEN = """
update entrepot.parution
set statut = 'en_cours', complete = true, arretee_le = coalesce(arretee_le, commencee_le),
    commencee_le = clock_timestamp(), version_code = %s, methode = %s, methode_reference = %s
where parution_id = %s
"""


@dataclass(frozen=True)
class OtherVerdict:
    """A receipt that today's reader does not judge as it was judged: verdict, kind, territory, quarter or reason."""

    recepisse_id: int
    name: str
    original: str
    replay: str


@dataclass(frozen=True)
class Replayed:
    """The newest published release, made again.

    Attributes:
        settings: those of the database it was made in.
        release: the release.
        verdicts: receipts that today's reader judges otherwise.
        derived: receipts that today's code derives from corrections, and that the original does not have.
        other_method: the code that published it, when its method is not today's.
    """

    settings: Settings
    release: int
    verdicts: tuple[OtherVerdict, ...]
    derived: int
    other_method: str | None

    @property
    def database(self) -> str:
        """Name of the database."""
        return _name(owner_url(self.settings))


@contextmanager
def replay_database(settings: Settings, *, keep: bool = False) -> Iterator[Settings]:
    """Settings of an empty database beside the warehouse's, dropped afterwards.

    Args:
        settings: those of the warehouse.
        keep: leave the database there; the next replay drops it.

    Raises:
        EntrepotError: no database can be made, or another replay is at work in it.
    """
    folder = settings.state_dir / "rejeu"
    given = settings.replay_url.get_secret_value() if settings.replay_url else None
    if given:
        _refuse_a_full(given)
        url = given
    else:
        url = _create(settings)
    try:
        # dbt's files are its own as well: the warehouse may be building at the same time.
        yield settings.model_copy(
            update={"database_url": SecretStr(url), "store": settings.store_url, "state_dir": folder}
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if not keep:
            if given:
                _empty(given)
            else:
                with _administrator(settings) as connection:
                    connection.execute(
                        sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(_name(url)))
                    )


def copy_ledger(original: Connection, replay: Connection) -> int:
    """Take the ledger over, with its numbers, as of one moment; return the newest published release.

    Raises:
        EntrepotError: nothing is published.
    """
    original.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    row = original.execute("select max(parution_id) from entrepot.parution where statut = 'publiee'").fetchone()
    if row is None or row[0] is None:
        raise EntrepotError("Nothing is published yet: there is nothing to compare a replay with.")
    for table, condition in _LEDGER.items():
        _stream(original, replay, sql.Identifier("entrepot", table), sql.SQL(condition))
    for table, column in replay.execute(_NUMBERED, [list(_LEDGER)]).fetchall():
        replay.execute(
            sql.SQL("select setval(pg_get_serial_sequence({}, {}), max({})) from {}").format(
                f"entrepot.{table}", column, sql.Identifier(column), sql.Identifier("entrepot", table)
            )
        )
    for table, columns in original.execute(_HISTORY).fetchall():
        history = sql.Identifier("historique", table)
        replay.execute(sql.SQL("create table {} ({})").format(history, sql.SQL(columns)))
        _stream(original, replay, history, sql.SQL("true"))
    original.rollback()
    replay.execute(_UNREAD)
    replay.commit()
    return int(row[0])


def otherwise_read(replay: Connection) -> tuple[OtherVerdict, ...]:
    """Receipts that today's reader judges otherwise, on the connection that took the ledger over."""
    return tuple(OtherVerdict(*row) for row in replay.execute(_OTHERWISE_READ))


def open_again(replay: Connection, release: int, settings: Settings) -> str | None:
    """Have a release that was taken over built again by today's method; return its code version if it had another."""
    today = method.digest(settings, method.WHOLE)
    row = replay.execute(
        "select version_code from entrepot.parution where parution_id = %s and methode <> %s", [release, today]
    ).fetchone()
    replay.execute(
        _OPEN,
        [
            releases.code_version(settings),
            today,
            method.digest(settings, method.SEEDS),
            release,
        ],
    )
    return row[0] if row else None


def compare_release(
    settings: Settings, replayed: Replayed, keys: Mapping[str, Sequence[str]], release: int | None = None
) -> Iterator[Comparison]:
    """Compare each mart of a release, as its readers saw it, with what the replay says of that moment.

    Marts that keep no rows (`provenance`, `suivi_constats`, `qualite_…`) tell what they tell of a release when they are
    read: they are compared for the release that readers see, and left out for others.

    Args:
        settings: those of the warehouse.
        replayed: the replay.
        keys: key columns of each mart that has a key.
        release: the release; the one that readers see if not given.
    """
    with connect(settings) as original, connect(replayed.settings) as replay:
        seen = current(original)
        wanted = seen if release is None else release
        assert wanted is not None
        with showing(original, wanted):
            row = original.execute(
                "select coalesce(arretee_le, commencee_le)::text from entrepot.parution where parution_id = %s",
                [wanted],
            ).fetchone()
            assert row is not None
            # What the replay built, it kept; any other release is asked as a moment of the past.
            replay.execute("select set_config('entrepot.au', %s, true)", [row[0] if wanted != replayed.release else ""])
            for mart in _marts(original, replay, every=wanted == seen):
                yield compare(original, replay, mart, keys.get(mart, ()))
            replay.rollback()


def _marts(original: Connection, replay: Connection, *, every: bool) -> list[str]:
    """Marts of both sides; without `every`, only those whose rows are kept."""
    query = sql.SQL(
        "select viewname from pg_views where schemaname = 'marts' and viewname <> 'parution'"
        " and ({} or viewname in (select tablename from pg_tables where schemaname = 'parutions'))"
    ).format(every)
    return sorted({name for side in (original, replay) for (name,) in side.execute(query)})


def _stream(original: Connection, replay: Connection, table: sql.Identifier, condition: sql.Composable) -> None:
    query = sql.SQL("copy (select * from {} where {}) to stdout").format(table, condition)
    with (
        original.cursor().copy(query) as source,
        replay.cursor().copy(sql.SQL("copy {} from stdin").format(table)) as target,
    ):
        for block in source:
            target.write(block)


def _create(settings: Settings) -> str:
    """Make the database, dropping the one that an earlier replay left; return its URL."""
    url = urlsplit(owner_url(settings))
    warehouse = url.path.lstrip("/")
    name = warehouse[: LONGEST_NAME - len(SUFFIX)] + SUFFIX
    with _administrator(settings) as connection:
        allowed = connection.execute(
            "select rolcreatedb or rolsuper from pg_roles where rolname = current_user"
        ).fetchone()
        if not (allowed and allowed[0]):
            raise EntrepotError(
                f"The account of the warehouse may not create databases, and a replay needs one: run `alter role"
                f" {connection.info.user} createdb`, or give the URL of an empty database as ENTREPOT_REPLAY_URL."
            )
        database = sql.Identifier(name)
        try:
            connection.execute(sql.SQL("drop database if exists {}").format(database))
        except errors.ObjectInUse:
            raise EntrepotError(
                f"The database {name} is in use: another replay is at work, or somebody looks at one that was kept."
            ) from None
        connection.execute(
            sql.SQL("create database {} owner {}").format(database, sql.Identifier(url.username or "postgres"))
        )
        connection.execute(sql.SQL("revoke connect on database {} from public").format(database))
    return url._replace(path=f"/{name}").geturl()


def _administrator(settings: Settings) -> Connection:
    """A connection (autocommit) that may create databases, where anybody may."""
    if settings.database_url is None:
        return embedded_server(settings).superuser()
    return connect(settings, autocommit=True)


def _name(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


_OURS = """
select nspname from pg_namespace where nspname !~ '^pg_' and nspname not in ('information_schema', 'public')
"""


def _refuse_a_full(url: str) -> None:
    with psycopg.connect(url) as connection:
        tables = connection.execute("select from pg_tables where schemaname = 'public'").fetchone()
        if tables is not None or connection.execute(_OURS).fetchone():
            raise EntrepotError("ENTREPOT_REPLAY_URL names a database that is not empty: a replay needs an empty one.")


def _empty(url: str) -> None:
    with psycopg.connect(url) as connection:
        for (schema,) in connection.execute(_OURS).fetchall():
            connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))
        connection.execute("drop table if exists public.alembic_version")
