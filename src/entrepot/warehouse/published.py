"""What was published: the list of releases, what sets two of them apart, and going back to one."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from entrepot.errors import EntrepotError
from entrepot.warehouse.engine import Connection
from entrepot.warehouse.releases import show

_LIST = """
select parution_id, statut, commencee_le, achevee_le, arretee_le, version_code, methode, manifeste, recepisses,
    recepisses_empreinte, complete, motif,
    (select count(*) from entrepot.connaissance where connaissance.parution_id = parution.parution_id) as nouveaux,
    (select count(*) from entrepot.resultat inner join entrepot.passage using (passage_id)
     where passage.parution_id = parution.parution_id) as controles,
    (select count(*) from entrepot.resultat inner join entrepot.passage using (passage_id)
     where passage.parution_id = parution.parution_id and not reussi) as controles_echoues,
    (select coalesce(sum(ajoutees + retirees), 0) from entrepot.parution_mart
     where parution_mart.parution_id = parution.parution_id)::bigint as lignes_ecrites
from entrepot.parution
order by parution_id desc
"""

# A row of a mart, as two releases show it. A row that went and came back the same is no difference.
_DIFFERENCES = """
with
avant as (
    select {key} as cle, to_jsonb(versions) - 'parution_du' - 'parution_au' as ligne
    from {table} as versions
    where parution_du <= %(a)s and parution_au > %(a)s and not (parution_du <= %(b)s and parution_au > %(b)s)
),
apres as (
    select {key} as cle, to_jsonb(versions) - 'parution_du' - 'parution_au' as ligne
    from {table} as versions
    where parution_du <= %(b)s and parution_au > %(b)s and not (parution_du <= %(a)s and parution_au > %(a)s)
)
select
    coalesce(avant.cle, apres.cle),
    case when avant.cle is null then 'ajoutee' when apres.cle is null then 'retiree' else 'changee' end,
    (
        select jsonb_object_agg(champ, jsonb_build_array(avant.ligne -> champ, apres.ligne -> champ))
        from jsonb_object_keys(coalesce(avant.ligne, apres.ligne)) as champs (champ)
        where avant.ligne -> champ is distinct from apres.ligne -> champ
    )
from avant full join apres on avant.cle = apres.cle
where avant.ligne is distinct from apres.ligne
order by 1
"""


@dataclass(frozen=True)
class Difference:
    """A row that two releases show differently.

    Attributes:
        key: values of the mart's key, joined by `/` as in a figure.
        kind: `ajoutee`, `retiree` or `changee`.
        columns: for each column that differs, its value in the one and in the other.
    """

    key: str
    kind: str
    columns: dict[str, tuple[Any, Any]]


def releases(connection: Connection) -> list[dict[str, Any]]:
    """Every release, newest first, published or not: identifier, cut-off, digests, versions, checks, rows written."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_LIST).fetchall()


def current(connection: Connection) -> int | None:
    """The release that readers see, or None before the first."""
    shown = connection.execute("select parution_id from entrepot.parution_montree").fetchone()
    return int(shown[0]) if shown else None


def published(connection: Connection, release: int) -> dict[str, Any]:
    """A published release.

    Raises:
        EntrepotError: there is none of that number, or it was not published; the sentence names those that were.
    """
    known = {row["parution_id"]: row for row in releases(connection)}
    if release not in known:
        raise EntrepotError(f"There is no release {release}: see `entrepot release list`.")
    if known[release]["statut"] != "publiee":
        raise EntrepotError(f"Release {release} was not published ({known[release]['statut']}): nothing to read of it.")
    return known[release]


def marts_of(connection: Connection, release: int) -> list[dict[str, Any]]:
    """Rows of each mart in a release, and how many of them differ from the release before."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select mart, lignes, ajoutees, retirees from entrepot.parution_mart where parution_id = %s order by mart",
            [release],
        ).fetchall()


def differences(
    connection: Connection, keys: Mapping[str, Sequence[str]], a: int, b: int
) -> dict[str, list[Difference]]:
    """Rows of each mart that releases `a` and `b` show differently; marts without a difference are left out.

    Args:
        keys: key columns of each mart.

    Raises:
        EntrepotError: one of them was not published.
    """
    published(connection, a)
    published(connection, b)
    tables = connection.execute("select tablename from pg_tables where schemaname = 'parutions' order by 1").fetchall()
    found = {}
    for (mart,) in tables:
        if mart not in keys:
            continue
        key = sql.SQL("concat_ws('/', {})").format(
            sql.SQL(", ").join(
                sql.SQL("coalesce({}::text, '')").format(sql.Identifier("versions", column)) for column in keys[mart]
            )
        )
        query = sql.SQL(_DIFFERENCES).format(key=key, table=sql.Identifier("parutions", mart))
        rows = connection.execute(query, {"a": a, "b": b}).fetchall()
        if rows:
            found[mart] = [
                Difference(cle, kind, {name: (before, after) for name, (before, after) in columns.items()})
                for cle, kind, columns in rows
            ]
    return found


def roll_back(connection: Connection, release: int, reason: str) -> None:
    """Show readers an earlier release (or a later one again), in one transaction.

    The next release built takes in everything that is accepted then, as always.

    Raises:
        EntrepotError: the release was not published, is the one shown, or no reason is given.
    """
    published(connection, release)
    if not reason.strip():
        raise EntrepotError("Say why readers go back to another release: --reason.")
    if current(connection) == release:
        raise EntrepotError(f"Release {release} is the one that readers see.")
    connection.commit()
    with connection.transaction(), connection.cursor() as cursor:
        show(cursor, release, reason)


@contextmanager
def showing(connection: Connection, release: int) -> Iterator[None]:
    """Read the marts on this connection as the readers of a release did; everybody else sees what they saw before.

    Raises:
        EntrepotError: the release was not published.
    """
    published(connection, release)
    connection.execute("select set_config('entrepot.parution', %s, false)", [str(release)])
    try:
        yield
    finally:
        connection.rollback()
        connection.execute("select set_config('entrepot.parution', '', false)")
