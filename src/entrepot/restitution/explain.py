"""Why a figure changed between two releases: what each receipt, reference data and the method made of the difference.

Releases follow one another by receipts or by method, never by both (`warehouse.releases.due`). Over a release of
receipts, the figure is read as known at the moment of each receipt that may touch it: the step it takes there is that
receipt's part. Over a release of method, the step is read once. Every part is a difference between two readings in a
row, so that the parts add up to the whole change, whatever the figure (sum, share, mean, cumul).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import psycopg
from psycopg import sql

from entrepot.errors import EntrepotError
from entrepot.restitution.figures import Figure
from entrepot.warehouse.published import published

# Causes, in the order in which they are told.
CAUSES = {
    "retour_attendu": "Retours arrivés dans les délais",
    "retour_tardif": "Retours tardifs",
    "correction": "Corrections par les cités",
    "action_annulee": "Actions annulées",
    "correction_anct": "Corrections par l'ANCT",
    "retrait": "Retours retirés",
    "liste_pactes": "Listes de pactes labellisés",
    "referentiel": "Données de référence",
    "methode": "Méthode (code, règles, gabarits)",
    "autre": "Ouverture d'un trimestre, suivi des envois",
}
NUMERIC = {"smallint", "integer", "bigint", "numeric", "double precision"}

_RECEIPTS = """
select entrees.recepisse_id, entrees.connu_le, entrees.cause, entrees.territoire_id, entrees.trimestre,
    entrees.nom_fichier, entrees.remplace_id
from marts.entrees_parutions as entrees
where entrees.parution_id = %(release)s
    and (%(trimestre)s::text is null or entrees.trimestre is null or entrees.trimestre <= %(trimestre)s)
    and (%(territoires)s::text[] is null or entrees.territoire_id is null
        or entrees.territoire_id = any(%(territoires)s))
    and entrees.cause not in ('sans_effet', 'registre_corrections')
order by entrees.connu_le, entrees.recepisse_id
"""

_SCOPE = {
    "territoire": "select array_agg(territoire_id) from marts.dim_territoire where territoire_id = %s and est_actuel",
    "region": "select array_agg(territoire_id) from marts.dim_territoire where region_code = %s and est_actuel",
}

# Actions counted in the return that was replaced and cancelled in the one that replaces it: what they counted for.
_CANCELLED = """
select -sum(case %(indicateur)s
    when 'actions' then 1
    when 'occurrences' then avant.occurrences
    when 'participants' then avant.participants
    when 'actions_frein' then (avant.frein is not null and avant.frein <> 'aucun')::integer
    when 'cout_cite' then avant.cout_cite
end)
from calcul.int_actions as avant
inner join calcul.int_actions as apres
    on apres.recepisse_id = %(apres)s and apres.statut = 'annulee' and not apres.comptee
    and apres.numero is not distinct from avant.numero
    and (avant.numero is not null or apres.intitule = avant.intitule)
where avant.recepisse_id = %(avant)s and avant.comptee and avant.axe = %(axe)s
"""

# Published figures that count actions: axis and measure (dbt_project/models/marts/controle_chiffres_publies.sql).
_PUBLISHED_ACTIONS = {
    "actions_coordination": ("recenser_federer", "occurrences"),
    "actions_evenements": ("aller_vers", "occurrences"),
    "actions_freins": ("innover", "actions_frein"),
}


@dataclass(frozen=True)
class Part:
    """A part of the change: its cause, the release it came with, the receipt if one made it, and how much."""

    cause: str
    release: int
    amount: Decimal
    recepisse_id: int | None = None
    territoire_id: str | None = None
    trimestre: str | None = None
    nom_fichier: str | None = None


@dataclass(frozen=True)
class Explanation:
    """A figure in two releases (None: it had no value), and the parts that its change is made of."""

    figure: Figure
    a: int
    b: int
    before: Decimal | None
    after: Decimal | None
    parts: list[Part]

    @property
    def change(self) -> Decimal:
        """After minus before, no value counting for nothing."""
        return (self.after or Decimal()) - (self.before or Decimal())


def explain(connection: psycopg.Connection[Any], figure: Figure, a: int, b: int) -> Explanation:
    """Split the change of a figure between two published releases.

    Args:
        connection: as the owner of the warehouse; its transaction is read only and left open.
        a: the release compared with.
        b: the release explained, before or after `a`.

    Raises:
        EntrepotError: a release was not published, or the figure is no number.
    """
    published(connection, a)
    published(connection, b)
    first, last = sorted((a, b))
    numbers = [
        row[0]
        for row in connection.execute(
            "select parution_id from entrepot.parution"
            " where statut = 'publiee' and parution_id between %s and %s order by 1",
            [first, last],
        )
    ]
    reading = _Reading(connection, figure)
    shown = {number: reading.published(number) for number in numbers}
    parts = [
        part
        for before, after in pairwise(numbers)
        for part in _step(connection, reading, after, shown[before], shown[after])
        if part.amount
    ]
    if a > b:
        parts = [Part(p.cause, p.release, -p.amount, *_place(p)) for p in reversed(parts)]
    return Explanation(figure, a, b, shown[a], shown[b], parts)


def _place(part: Part) -> tuple[int | None, str | None, str | None, str | None]:
    return part.recepisse_id, part.territoire_id, part.trimestre, part.nom_fichier


class _Reading:
    """Reads one figure, as published in a release or as known at a moment."""

    def __init__(self, connection: psycopg.Connection[Any], figure: Figure) -> None:
        self.connection = connection
        self.figure = figure
        kept = connection.execute(
            "select format_type(atttypid, -1), attrelid::regclass::text from pg_attribute"
            " where attrelid = to_regclass(%s) and attname = %s and not attisdropped",
            [f"parutions.{figure.mart}", figure.column],
        ).fetchone()
        if kept is None or kept[0] not in NUMERIC:
            raise EntrepotError(f"{figure} is no number kept with each release: there is no change to split.")

    def published(self, release: int) -> Decimal | None:
        """The figure in a release; None if the release does not show its row."""
        return self._value(
            sql.SQL(
                "select {} from {} as chiffre where parution_du <= {release} and parution_au > {release} and "
            ).format(
                sql.Identifier(self.figure.column),
                sql.Identifier("parutions", self.figure.mart),
                release=sql.Literal(release),
            )
        )

    def known(self, moment: datetime) -> Decimal | None:
        """The figure as known at a moment, with today's method."""
        self.connection.execute("select set_config('entrepot.au', %s, false)", [moment.isoformat(" ")])
        try:
            return self._value(
                sql.SQL("select {} from {} as chiffre where ").format(
                    sql.Identifier(self.figure.column), sql.Identifier("marts", self.figure.mart)
                )
            )
        finally:
            self.connection.execute("select set_config('entrepot.au', '', false)")

    def _value(self, start: sql.Composed) -> Decimal | None:
        conditions = sql.SQL(" and ").join(
            sql.SQL("{} is null").format(sql.Identifier(name))
            if not value
            else sql.SQL("{}::text = {}").format(sql.Identifier(name), sql.Literal(value))
            if name.endswith("_id") and value.isdigit()
            else sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(value))
            for name, value in self.figure.key.items()
        )
        row = self.connection.execute(start + conditions).fetchone()
        return None if row is None or row[0] is None else Decimal(row[0])


def _step(
    connection: psycopg.Connection[Any], reading: _Reading, release: int, before: Decimal | None, after: Decimal | None
) -> Iterator[Part]:
    """Parts of the change that one release brought, adding up to it exactly."""
    row = connection.execute(
        """
        select parution.complete, parution.arrete_precedent, parution.arretee_le, parution.methode_reference,
            avant.methode_reference, avant.methode
        from entrepot.parution
        cross join lateral (
            select * from entrepot.parution as earlier
            where statut = 'publiee' and earlier.parution_id < parution.parution_id
            order by parution_id desc limit 1
        ) as avant
        where parution.parution_id = %s
        """,
        [release],
    ).fetchone()
    assert row is not None
    method_release, start, end, reference, reference_before, _ = row
    change = (after or Decimal()) - (before or Decimal())
    if method_release:
        if reference == reference_before:
            yield Part("methode", release, change)
            return
        # Reference data are kept with the moments at which they were known: just before them, only the method differs.
        with_new_method = reading.known(start) or Decimal()
        yield Part("methode", release, with_new_method - (before or Decimal()))
        yield Part("referentiel", release, (after or Decimal()) - with_new_method)
        return
    told = Decimal()
    for part in _receipts(connection, reading, release, start, end):
        told += part.amount
        yield part
    # The readings above use today's method; what the method of the time counted otherwise is the method's part.
    if change != told:
        yield Part("methode", release, change - told)


def _receipts(
    connection: psycopg.Connection[Any], reading: _Reading, release: int, start: datetime | None, end: datetime
) -> Iterator[Part]:
    receipts = _relevant(connection, reading.figure, release)
    at_start = reading.known(start) or Decimal() if start else Decimal()
    value = at_start
    for receipt, moment, cause, territory, quarter, name, replaced in receipts:
        just_before = reading.known(moment - timedelta(microseconds=1)) or Decimal()
        if just_before != value:
            yield Part("autre", release, just_before - value)
        value = reading.known(moment) or Decimal()
        amount = value - just_before
        place = (receipt, territory, quarter, name)
        if cause == "correction":
            cancelled = _cancelled(connection, reading.figure, replaced, receipt, quarter)
            if cancelled:
                yield Part("action_annulee", release, cancelled, *place)
                amount -= cancelled
        yield Part(cause if cause in CAUSES else "autre", release, amount, *place)
    at_end = reading.known(end) or Decimal()
    if at_end != value:
        yield Part("autre", release, at_end - value)


def _relevant(connection: psycopg.Connection[Any], figure: Figure, release: int) -> Sequence[tuple[Any, ...]]:
    """Receipts of a release that may touch the figure: of its territories, and of quarters up to its own."""
    key = figure.key
    territories = [key["territoire_id"]] if "territoire_id" in key else None
    if scope := _SCOPE.get(key.get("niveau", "")):
        row = connection.execute(scope, [key["code"]]).fetchone()
        territories = row[0] if row else None
    return connection.execute(
        _RECEIPTS, {"release": release, "trimestre": key.get("trimestre"), "territoires": territories}
    ).fetchall()


def _cancelled(
    connection: psycopg.Connection[Any], figure: Figure, replaced: int | None, receipt: int, quarter: str
) -> Decimal:
    """What the actions that this return newly says cancelled counted for in the figure; 0 where it counts no action."""
    if figure.mart == "bilan_axes":
        if figure.column not in ("valeur_trimestre", "valeur_cumul"):
            return Decimal()
        if figure.column == "valeur_trimestre" and quarter != figure.key["trimestre"]:
            return Decimal()
        axis, measure = figure.key["axe"], figure.key["indicateur"]
    elif figure.mart == "controle_chiffres_publies" and figure.column == "valeur_calculee":
        if (counted := _PUBLISHED_ACTIONS.get(figure.key["indicateur"])) is None:
            return Decimal()
        axis, measure = counted
    else:
        return Decimal()
    row = connection.execute(
        _CANCELLED, {"indicateur": measure, "axe": axis, "avant": replaced, "apres": receipt}
    ).fetchone()
    return Decimal(row[0]) if row and row[0] is not None else Decimal()
