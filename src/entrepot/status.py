"""What the warehouse holds, as a few tables for the person at the terminal."""

from dataclasses import dataclass
from datetime import timedelta

from entrepot.forms.reference import seed_rows
from entrepot.settings import Settings
from entrepot.warehouse.engine import connect, migrate, owner_url
from entrepot.warehouse.freshness import freshness

_QUERIES = {
    "Receipts": """
        select genre, verdict, count(*) as receipts, to_char(max(recu_le), 'YYYY-MM-DD HH24:MI') as last_arrival
        from entrepot.recepisse group by genre, verdict order by genre, verdict
    """,
    "Coverage": """
        select trimestre as quarter,
            count(distinct territoire_id) filter (where verdict = 'accepte')
                || '/' || %(territories)s as territories,
            count(*) filter (where verdict = 'accepte') as accepted,
            count(*) filter (where verdict = 'rejete') as rejected,
            count(*) filter (where verdict = 'accepte' and not exists (
                select from entrepot.traitement
                where traitement.recepisse_id = recepisse.recepisse_id and etape = 'publication')) as not_published
        from entrepot.recepisse where trimestre is not null group by trimestre order by trimestre
    """,
    "Findings": """
        select severite as severity, regle as rule, count(*) as cells, count(distinct recepisse_id) as receipts
        from entrepot.constat group by severite, regle order by severite, count(*) desc, regle
    """,
    "Releases": """
        select parution_id as release, statut as state, to_char(achevee_le, 'YYYY-MM-DD HH24:MI') as at,
            to_char(arretee_le, 'YYYY-MM-DD HH24:MI') as cut_off,
            recepisses as receipts, version_code as code, motif as why
        from entrepot.parution order by parution_id desc limit 5
    """,
}


# What the description of a mart starts with when it is to go (dbt_project/macros/versions.sql).
_RETIRED = r"""
select viewname as mart, substring(description from '^(?:Version \d+, [^;]+; )?À retirer le [\d-]+\.') as said
from pg_views
cross join lateral obj_description(format('marts.%I', viewname)::regclass, 'pg_class') as description
where schemaname = 'marts' and description ~ '^(Version \d+, [^;]+; )?À retirer le '
order by viewname
"""


@dataclass(frozen=True)
class StatusTable:
    """One table of the status."""

    title: str
    columns: list[str]
    rows: list[tuple[object, ...]]


def tables(settings: Settings) -> list[StatusTable]:
    """Receipts by verdict, coverage by quarter (n/84), findings by rule, last releases, freshness of each source."""
    migrate(owner_url(settings))
    # Counted in the files: files may arrive before reference data is loaded.
    known = {"territories": str(sum(1 for _ in seed_rows(settings.seeds_dir, "ref_territoires", "territoire_id")))}
    with connect(settings) as connection:
        shown = []
        for title, query in _QUERIES.items():
            cursor = connection.execute(query, known)
            columns = [column.name.replace("_", " ") for column in cursor.description or ()]
            shown.append(StatusTable(title, columns, cursor.fetchall()))
        lines: list[tuple[object, ...]] = []
        for found in freshness(connection, settings.dbt_dir):
            late = found.late_by and timedelta(seconds=round(found.late_by.total_seconds()))
            lines.append((found.source.name, found.state, "" if found.state == "pass" else late))
        shown.append(StatusTable("Freshness (docs/fraicheur.md)", ["source", "state", "late by"], lines))
    if leaving := retired(settings):
        shown.append(StatusTable("Marts to be retired (docs/contrats.md)", ["mart", "told to readers"], list(leaving)))
    return shown


def retired(settings: Settings) -> list[tuple[str, str]]:
    """Marts and former versions that readers still see and are to leave, each with what they are told of it."""
    with connect(settings) as connection:
        return connection.execute(_RETIRED).fetchall()
