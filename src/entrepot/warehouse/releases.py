"""Releases: what readers see changes whole, in one transaction.

Readers query the views of schema `marts`; each points to a view of the *room*, the schema where dbt computes, so that
their own views and saved queries survive. A room serves as long as the method stays: a release of new receipts adds to
it, and a changed method fills a new one beside it. Rows live in schema `parutions`, each with the releases that show it
(dbt_project/macros/chronique.sql): publishing, and going back to any release, is changing the one row that says which
is shown.
"""

import logging
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

import psycopg
from psycopg import errors, sql

from entrepot.errors import EntrepotError, ReleaseRefusedError, SwapError
from entrepot.settings import Settings
from entrepot.warehouse import knowledge, method
from entrepot.warehouse.engine import Connection
from entrepot.warehouse.postgres import READER

log = logging.getLogger(__name__)

# Where dbt computes, and the name that a room takes when another method fills a new one.
ROOM = "calcul"
FORMER_ROOM = "calcul_avant_{:05d}"
# A reader's long query holds its view; new readers queue behind us while we wait, so wait briefly and try again.
SWAP_LOCK_TIMEOUT = "3s"
SWAP_ATTEMPTS = 10
SWAP_PAUSE_SECONDS = 2.0
# Readers that began before a swap may still plan on the views of the room before.
FORMER_ROOMS_KEPT = 1
# How a former version of a mart is named (docs/contrats.md).
FORMER_VERSION = re.compile(r"(.+)_v\d+")
# End of the rows that the newest release shows (macro `jamais`).
NEVER = 2**31 - 2

_IN_FORCE = """
select count(*) filter (where genre <> 'retrait'),
    encode(sha256(coalesce(string_agg(empreinte, '' order by recepisse_id), '')::bytea), 'hex'),
    max(recu_le), coalesce(bool_or(expediteur like '%.invalid'), false)
from (
    -- Lists add up; a return, or its withdrawal, replaces the earlier one of its territory and quarter.
    select distinct on (territoire_id, trimestre, case when trimestre is null then recepisse_id end) recepisse.*
    from entrepot.recepisse
    inner join entrepot.traitement using (recepisse_id)
    where verdict = 'accepte' and etape = 'controle'
    order by
        territoire_id, trimestre, case when trimestre is null then recepisse_id end,
        recu_le desc, recepisse_id desc
) as in_force
"""

_WAITING = """
with
last as (
    select commencee_le, methode from entrepot.parution where statut = 'publiee' order by parution_id desc limit 1
),
refused as (
    select recepisses_empreinte || ' ' || methode as content, motif
    from (select * from entrepot.parution order by parution_id desc limit 1) as newest
    where statut = 'refusee'
)
select
    (select count(*) from entrepot.traitement as controle
     where etape = 'controle' and not exists (
         select from entrepot.traitement as publication
         where publication.recepisse_id = controle.recepisse_id and publication.etape = 'publication')),
    (select count(*) from entrepot.recepisse, last
     where verdict = 'rejete' and not exists (
         select from entrepot.connaissance inner join entrepot.parution using (parution_id)
         where connaissance.recepisse_id = recepisse.recepisse_id and statut = 'publiee')),
    (select methode from last),
    (select content from refused),
    (select motif from refused),
    (select count(*) from entrepot.traitement as publication
     where etape = 'publication' and not exists (
         select from entrepot.traitement as controle
         where controle.recepisse_id = publication.recepisse_id and controle.etape = 'controle'))
"""


@dataclass(frozen=True)
class Content:
    """What a release is made of: receipts in force, and the method (a digest) that turns them into figures."""

    receipts: int
    receipts_digest: str
    cutoff: datetime | None
    fictitious: bool
    method: str


def content(connection: Connection, settings: Settings) -> Content:
    """What a release built now would be made of; holds as long as the build lock is held."""
    row = connection.execute(_IN_FORCE).fetchone()
    assert row is not None
    receipts, receipts_digest, cutoff, fictitious = row
    return Content(receipts, receipts_digest, cutoff, fictitious, method.digest(settings, method.WHOLE))


def code_version(settings: Settings) -> str:
    """Version of the package, with the commit where the project is a git checkout and git is there."""
    number = version("entrepot")
    if (git := shutil.which("git")) is None:
        return number
    commit = subprocess.run(
        [git, "-C", str(settings.project_dir), "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
        check=False,
    )
    return f"{number} ({commit.stdout.strip()})" if commit.returncode == 0 else number


@dataclass(frozen=True)
class Due:
    """Why a release is due, and what it takes in: everything again when the method changed, new receipts otherwise."""

    reason: str
    complete: bool
    new_receipts: bool


def due(connection: Connection, made_of: Content) -> Due | None:
    """What the next release is due for, or None.

    A changed method makes a release of its own, on the receipts of the one before: the difference between two releases
    in a row is then either receipts or method, never both.

    Raises:
        ReleaseRefusedError: the audit refused this very content; building it again would end the same.
    """
    row = connection.execute(_WAITING).fetchone()
    assert row is not None
    waiting, rejected, published_method, refused_as, motif, unchecked = row
    if unchecked:
        # The method changed: a release without them would look like lost returns. Their check announces itself.
        log.info("%s published receipts are being staged and checked again: no release before that", unchecked)
        return None
    if refused_as == f"{made_of.receipts_digest} {made_of.method}":
        raise ReleaseRefusedError(f"Nothing changed since the audit refused this content. {motif}")
    if published_method is not None and published_method != made_of.method:
        return Due("the method changed (models, rules or reference data)", complete=True, new_receipts=False)
    if waiting or rejected:
        reason = f"receipts since the last one: {waiting} accepted, {rejected or 0} rejected"
        return Due(reason, complete=published_method is None, new_receipts=True)
    return None


_OPEN = """
insert into entrepot.parution
    (statut, version_code, methode, methode_reference, complete, arrete_precedent, donnees_fictives)
values (
    'en_cours', %s, %s, %s, %s,
    (select max(arretee_le) from entrepot.parution where statut = 'publiee'),
    %s
)
returning parution_id
"""

# Reference data that changed is known from the release that takes it in.
_CUT_OFF = """
update entrepot.parution as nouvelle
set recepisses = %s, recepisses_empreinte = %s,
    arretee_le = greatest(
        arrete_precedent, %s,
        case when exists (
            select from entrepot.parution as avant
            where avant.statut = 'publiee' and avant.arretee_le = nouvelle.arrete_precedent
                and avant.methode_reference <> nouvelle.methode_reference
        ) then commencee_le end)
where parution_id = %s
"""


def open_release(connection: Connection, made_of: Content, settings: Settings, due_for: Due) -> int:
    """Record that a release is being built and what it is the first to know; its room awaits dbt."""
    connection.execute(
        "update entrepot.parution set statut = 'echouee', motif = 'Interrupted.', achevee_le = clock_timestamp()"
        " where statut = 'en_cours'"
    )
    _forget_unpublished(connection)
    row = connection.execute(
        _OPEN,
        [
            code_version(settings),
            made_of.method,
            method.digest(settings, method.SEEDS),
            due_for.complete,
            made_of.fictitious,
        ],
    ).fetchone()
    assert row is not None
    release = int(row[0])
    knowledge.learn(connection, release, new_receipts=due_for.new_receipts)
    connection.execute(_CUT_OFF, [made_of.receipts, made_of.receipts_digest, knowledge.cutoff(connection), release])
    _make_room(connection, release, due_for)
    if due_for.complete:
        _set_former_versions_apart(connection, mart_names(settings))
    connection.commit()
    return release


def _make_room(connection: Connection, release: int, due_for: Due) -> None:
    """Give a changed method an empty room, beside the one that readers see; give new receipts the latter.

    Facts of receipts are kept in the room: whoever enters another one computes them all.
    """
    row = connection.execute("select salle from entrepot.parution_montree").fetchone()
    seen = row[0] if row else None
    if seen == ROOM and not due_for.complete:
        return
    if seen == ROOM:
        _rename_room(connection, ROOM, FORMER_ROOM.format(release))
    else:
        # A room that no reader saw: its release was refused, or broke off.
        connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(ROOM)))
        if seen and not due_for.complete:
            _rename_room(connection, seen, ROOM)
    connection.execute("delete from entrepot.traitement where etape = 'faits'")


def _rename_room(connection: Connection, old: str, new: str) -> None:
    """Rename the room that readers see, with what its functions read.

    Bodies of functions are text on purpose: they keep the past from being planned by questions on the present.
    """
    connection.execute(sql.SQL("alter schema {} rename to {}").format(sql.Identifier(old), sql.Identifier(new)))
    for (definition,) in connection.execute(
        "select pg_get_functiondef(oid) from pg_proc where pronamespace = %s::regnamespace", [new]
    ).fetchall():
        connection.execute(definition.replace(f'"{old}".', f'"{new}".'))
    connection.execute("update entrepot.parution_montree set salle = %s", [new])


def _set_former_versions_apart(connection: Connection, marts: list[str]) -> None:
    """Let the rows of a mart that gets a new version be those of its former version, which goes on from them.

    The view that readers have of them follows its table: they see what they saw.
    """
    for former, mart in _former_versions(marts):
        row = connection.execute(
            "select to_regclass(%s) is null and to_regclass(%s) is not null",
            [f"parutions.{former}", f"parutions.{mart}"],
        ).fetchone()
        if row != (True,):
            continue
        indexes = connection.execute(
            "select indexname from pg_indexes where schemaname = 'parutions' and tablename = %s", [mart]
        ).fetchall()
        for (index,) in indexes:
            renamed = f"{former}{index.removeprefix(mart)}"
            connection.execute(
                sql.SQL("alter index {} rename to {}").format(
                    sql.Identifier("parutions", index), sql.Identifier(renamed)
                )
            )
        connection.execute(
            sql.SQL("alter table {} rename to {}").format(sql.Identifier("parutions", mart), sql.Identifier(former))
        )
        connection.execute("update entrepot.parution_mart set mart = %s where mart = %s", [former, mart])


def _forget_unpublished(connection: Connection) -> None:
    """Take back the row versions that releases built since the last published one had written."""
    row = connection.execute(
        "select coalesce(max(parution_id) filter (where statut = 'publiee'), 0), max(parution_id)"
        " from entrepot.parution"
    ).fetchone()
    assert row is not None
    published, newest = row
    if newest is None or newest == published:
        return
    for table in _version_tables(connection):
        connection.execute(sql.SQL("delete from {} where parution_du > %s").format(table), [published])
        connection.execute(
            sql.SQL("update {} set parution_au = %s where parution_au > %s and parution_au < %s").format(table),
            [NEVER, published, NEVER],
        )


def _version_tables(connection: Connection) -> list[sql.Identifier]:
    rows = connection.execute("select tablename from pg_tables where schemaname = 'parutions' order by 1")
    return [sql.Identifier("parutions", name) for (name,) in rows]


def give_up(connection: Connection, parution_id: int, error: EntrepotError) -> None:
    """Record that a release was not published, and why; readers keep the previous one."""
    connection.rollback()
    connection.execute(
        "update entrepot.parution set statut = %s, achevee_le = clock_timestamp(), motif = %s where parution_id = %s",
        ["refusee" if isinstance(error, ReleaseRefusedError) else "echouee", str(error), parution_id],
    )
    connection.commit()


def publish_candidate(connection: Connection, parution_id: int, settings: Settings) -> None:
    """Show a release to readers, within one transaction.

    Raises:
        SwapError: readers held the marts all along, or an analyst's view rests on a column that goes.
    """
    for attempt in range(1, SWAP_ATTEMPTS + 1):
        try:
            with connection.transaction(), connection.cursor() as cursor:
                cursor.execute(f"set local lock_timeout = '{SWAP_LOCK_TIMEOUT}'")
                cursor.execute("select complete from entrepot.parution where parution_id = %s", [parution_id])
                if cursor.fetchone() == (True,):
                    _enter_room(cursor, mart_names(settings))
                show(cursor, parution_id, "publication")
                _close(cursor, parution_id)
            return
        except errors.LockNotAvailable:
            log.warning("Readers hold the marts (attempt %s of %s)", attempt, SWAP_ATTEMPTS)
            time.sleep(SWAP_PAUSE_SECONDS)
        except errors.DependentObjectsStillExist as error:
            raise SwapError(
                f"Release {parution_id} drops or changes columns that a view outside the warehouse rests on:"
                f" {error.diag.message_detail or error}. Drop or adapt that view, then publish again."
            ) from None
    raise SwapError(f"Release {parution_id} waited in vain for readers that hold the marts: publish again later.")


def show(cursor: psycopg.Cursor[Any], parution_id: int, reason: str) -> None:
    """Show readers a release, whichever it was, and record why; the method is that of the room they see."""
    cursor.execute("update entrepot.parution_montree set parution_id = %s", [parution_id])
    cursor.execute("insert into entrepot.bascule (parution_id, motif) values (%s, %s)", [parution_id, reason])


def mart_names(settings: Settings) -> list[str]:
    """Marts of the dbt project, and former versions of them (`fct_actions_v1`), one model each."""
    return sorted(path.stem for path in (settings.dbt_dir / "models" / "marts").glob("*.sql"))


def _former_versions(marts: list[str]) -> Iterator[tuple[str, str]]:
    """Former versions of marts, each with the mart it is one of."""
    for name in marts:
        if (version := FORMER_VERSION.fullmatch(name)) and version[1] in marts:
            yield name, version[1]


def _enter_room(cursor: psycopg.Cursor[Any], marts: list[str]) -> None:
    """Make the views of `marts` read the room that another method filled."""
    cursor.execute("select viewname from pg_views where schemaname = 'marts' and viewname <> 'parution'")
    for (gone,) in [row for row in cursor.fetchall() if row[0] not in marts]:
        cursor.execute(sql.SQL("drop view marts.{}").format(sql.Identifier(gone)))
    for former, mart in _former_versions(marts):
        # Views of their own that analysts put on the mart stay on the version they were written for.
        cursor.execute(
            "select to_regclass(%s) is null and to_regclass(%s) is not null", [f"marts.{former}", f"marts.{mart}"]
        )
        if cursor.fetchone() == (True,):
            cursor.execute(
                sql.SQL("alter view {} rename to {}").format(sql.Identifier("marts", mart), sql.Identifier(former))
            )
    for mart in marts:
        _point(cursor, mart)
    _describe_release(cursor)
    cursor.execute("select 1 from pg_roles where rolname = %s", [READER])
    if cursor.fetchone():
        reader = sql.Identifier(READER)
        cursor.execute(sql.SQL("grant usage on schema marts to {}").format(reader))
        cursor.execute(sql.SQL("grant select on all tables in schema marts to {}").format(reader))
    cursor.execute(
        "insert into entrepot.parution_montree (parution_id, salle) values (0, %s)"
        " on conflict (unique_ligne) do update set salle = excluded.salle",
        [ROOM],
    )
    cursor.execute(
        "select nspname from pg_namespace where nspname like %s order by 1 desc offset %s",
        [f"{ROOM}\\_avant\\_%", FORMER_ROOMS_KEPT],
    )
    for (former,) in cursor.fetchall():
        cursor.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(former)))


def _point(cursor: psycopg.Cursor[Any], mart: str) -> None:
    """Make the view of a mart read the room, keeping dependent views where its columns allow."""
    view, computed = sql.Identifier("marts", mart), sql.Identifier(ROOM, mart)
    definition = sql.SQL("view {} as select * from {}").format(view, computed)
    try:
        with cursor.connection.transaction():
            cursor.execute(sql.SQL("create or replace ") + definition)
    except errors.InvalidTableDefinition:
        cursor.execute(sql.SQL("drop view {}").format(view))
        cursor.execute(sql.SQL("create ") + definition)
    cursor.execute(
        "select attname, col_description(attrelid, attnum), obj_description(attrelid, 'pg_class')"
        " from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped",
        [computed.as_string(cursor.connection)],
    )
    columns = cursor.fetchall()
    cursor.execute(sql.SQL("comment on view {} is {}").format(view, sql.Literal(columns[0][2])))
    for name, description, _ in columns:
        cursor.execute(
            sql.SQL("comment on column {}.{} is {}").format(view, sql.Identifier(name), sql.Literal(description))
        )


def _describe_release(cursor: psycopg.Cursor[Any]) -> None:
    cursor.execute(
        sql.SQL(
            "create or replace view marts.parution as select parution_id, achevee_le as publiee_le,"
            " arretee_le as arrete_le, version_code, recepisses, recepisses_empreinte, donnees_fictives"
            " from entrepot.parution where parution_id = (select parution_id from {})"
        ).format(sql.Identifier(ROOM, "arrete"))
    )
    cursor.execute(
        "comment on view marts.parution is"
        " 'La parution que lisent tous les marts : numéro, date de publication, arrêté des données, version du code.'"
    )


_CLOSE = """
update entrepot.parution set statut = 'publiee', achevee_le = clock_timestamp() where parution_id = %(release)s;

insert into entrepot.traitement (recepisse_id, etape, parution_id)
select recepisse_id, 'publication', %(release)s
from entrepot.traitement as controle
inner join entrepot.connaissance using (recepisse_id)
where
    etape = 'controle'
    and not exists (
        select from entrepot.traitement as publication
        where publication.recepisse_id = controle.recepisse_id and publication.etape = 'publication'
    );

-- Marts that the new receipts cannot change were not looked at.
insert into entrepot.parution_mart (parution_id, mart, lignes)
select %(release)s, mart, lignes
from entrepot.parution_mart as avant
where
    parution_id = (
        select max(parution_id) from entrepot.parution where statut = 'publiee' and parution_id < %(release)s
    )
    and not (select complete from entrepot.parution where parution_id = %(release)s)
on conflict do nothing
"""


def _close(cursor: psycopg.Cursor[Any], parution_id: int) -> None:
    for statement in _CLOSE.split(";"):
        cursor.execute(statement.encode(), {"release": parution_id})
