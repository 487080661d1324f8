"""Findings as they are followed from one file of a territory and quarter to the next, and their lifting by the ANCT.

What makes two findings the same is decided in SQL (`dbt_project/macros/suivi.sql`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from psycopg.rows import class_row

from entrepot.errors import EntrepotError
from entrepot.quality.wording import written
from entrepot.warehouse.engine import Connection

Severity = Literal["structure", "valeur", "suspicion"]
State = Literal["ouvert", "corrige", "justifie", "conteste", "leve"]

REFERENCE = re.compile(r"R(\d{1,18})-[0-9A-F]{10}")

_COLUMNS = """
select
    suivis.reference, suivis.recepisse_id, suivis.regle, suivis.severite, suivis.tableau, suivis.champ, suivis.feuille,
    suivis.ligne, suivis.colonne, suivis.cellule, suivis.valeur_vue, suivis.valeur_attendue, suivis.constat,
    suivis.qui_corrige, suivis.etat, suivis.etat_depuis, suivis.reponse, suivis.motif_levee,
    coalesce(suivis.ligne, tableau.ligne_entete) as ligne_marquee,
    coalesce(
        suivis.colonne, (select min(colonne.value::integer) from jsonb_each_text(tableau.colonnes) as colonne)
    ) as colonne_marquee
from preparation.constats_suivis as suivis
left join brut.tableau on tableau.recepisse_id = suivis.recepisse_id and tableau.tableau = suivis.tableau
"""
_ORDER = """
order by suivis.severite = 'suspicion', suivis.regle, suivis.feuille, suivis.ligne, suivis.colonne, suivis.reference
"""
# A file is followed among those of its territory and quarter, or alone when it does not say whose it is.
_CLAIMS = "select territoire_id, trimestre from entrepot.recepisse where recepisse_id = %s"
_OF_RECEIPT = (
    _COLUMNS + " where suivis.territoire_id = %s and suivis.trimestre = %s and suivis.recepisse_id = %s" + _ORDER
)
_OF_ORPHAN = _COLUMNS + " where suivis.recepisse_seul = %s" + _ORDER
_FOLLOWED = _COLUMNS + " where suivis.territoire_id = %s and suivis.trimestre = %s and suivis.derniere" + _ORDER
_LIFT = "insert into entrepot.levee (recepisse_id, reference, motif, compte) values (%s, %s, %s, %s)"


@dataclass(frozen=True)
class Finding:
    """A finding of a file, where it stands, and what became of it in the files since.

    Attributes:
        reference: known to the sender by the sheet « Retour ANCT », and by an answer on it.
        ligne_marquee, colonne_marquee: the cell that is marked for it: its own, else the first of its line, or of the
            header of its table.
        valeur_vue, constat, reponse: masked where they hold personal data.
    """

    reference: str
    recepisse_id: int
    regle: str
    severite: Severity
    tableau: str | None
    champ: str | None
    feuille: str | None
    ligne: int | None
    colonne: int | None
    cellule: str | None
    valeur_vue: str | None
    valeur_attendue: str | None
    constat: str
    qui_corrige: str
    etat: State
    etat_depuis: datetime
    reponse: str | None
    motif_levee: str | None
    ligne_marquee: int | None
    colonne_marquee: int | None

    @property
    def is_error(self) -> bool:
        """Whether it rejects the cell or the file, rather than asks."""
        return self.severite != "suspicion"

    @property
    def is_open(self) -> bool:
        """Whether something is still expected of somebody."""
        return self.etat in ("ouvert", "conteste")

    @property
    def seen(self) -> str:
        """The value seen, as a reader in France writes it."""
        return written(self.valeur_vue)


def of_receipt(connection: Connection, receipt: int) -> list[Finding]:
    """Findings of one file, with their state by now: errors first, by rule, then by place."""
    claims = connection.execute(_CLAIMS, [receipt]).fetchone()
    with connection.cursor(row_factory=class_row(Finding)) as cursor:
        if claims is None or None in claims:
            return cursor.execute(_OF_ORPHAN, [receipt]).fetchall()
        return cursor.execute(_OF_RECEIPT, [*claims, receipt]).fetchall()


def followed(connection: Connection, territory: str, quarter: str) -> list[Finding]:
    """Findings of all files of a territory and quarter, each once, where it was last found."""
    with connection.cursor(row_factory=class_row(Finding)) as cursor:
        return cursor.execute(_FOLLOWED, [territory, quarter]).fetchall()


def lift(connection: Connection, reference: str, reason: str, account: str) -> Finding:
    """Lift a finding: nothing is expected of its sender any more, as long as the value stays.

    Figures do not change: a rejected cell stays out until it is corrected, by its sender or by a ledger of corrections.

    Args:
        connection: on the warehouse; what is written is not committed.
        reference: of the finding.
        reason: why, as the sender will read it.
        account: who lifts it.

    Raises:
        EntrepotError: there is no such finding, it is mended or lifted already, or no reason is given.
    """
    if not reason.strip():
        raise EntrepotError("Say why the finding is lifted: --reason.")
    found = _of_reference(connection, reference.strip().upper())
    if found.etat in ("corrige", "leve"):
        raise EntrepotError(f"{found.reference} is {found.etat} already, since {found.etat_depuis:%Y-%m-%d}.")
    connection.execute(_LIFT, [found.recepisse_id, found.reference, reason.strip(), account])
    return found


def _of_reference(connection: Connection, reference: str) -> Finding:
    known: Sequence[Finding] = ()
    if parts := REFERENCE.fullmatch(reference):
        known = of_receipt(connection, int(parts[1]))
    for finding in known:
        if finding.reference == reference:
            return finding
    raise EntrepotError(f"There is no finding {reference}: see `entrepot finding list`, or the sheet « Retour ANCT ».")
