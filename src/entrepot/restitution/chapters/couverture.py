"""Coverage: which of the returns owed are counted, which are missing, which came late."""

from entrepot.restitution import charts, french
from entrepot.restitution.chapters import Chapter, Exhibit
from entrepot.restitution.marts import Marts, Row
from entrepot.restitution.tables import Column, Kind, Table
from entrepot.restitution.vocabulary import RETURN_STATES


def chapter(marts: Marts) -> Chapter:
    """Coverage of the quarter, and of the quarters before it."""
    quarters = marts.rows("couverture")
    missing = french.alphabetical(marts.rows("retours_absents"), "nom")
    late = marts.rows("retours_hors_delai")
    return Chapter(
        "couverture",
        "Couverture : qui a répondu",
        [_sentence(marts, quarters)],
        [
            Exhibit(_by_quarter(quarters), _chart(quarters)),
            Exhibit(_missing(marts, missing)),
            Exhibit(_late(marts, late), folded=True),
        ],
    )


def _sentence(marts: Marts, quarters: list[Row]) -> str:
    current = [row for row in quarters if row["trimestre"] == marts.quarter["trimestre"]]
    if not current:
        return f"Aucun retour n’est attendu pour le {marts.quarter['libelle']}."
    (row,) = current
    return (
        f"Pour le {row['libelle']}, {row['acceptes']} territoires sur {row['attendus']} ont un retour accepté, "
        f"dont {row['hors_delai']} après l’échéance du {french.day(marts.quarter['echeance'])}. "
        f"Retours rejetés et non renvoyés : {row['rejetes']} ; non reçus : {row['non_recus']}. "
        "Les chiffres qui suivent portent sur les retours acceptés."
    )


def _by_quarter(quarters: list[Row]) -> Table:
    return Table(
        "couverture-trimestres",
        "Couverture",
        "Retours acceptés, rejetés et non reçus, par trimestre",
        [
            Column("libelle", "Trimestre"),
            Column("acceptes", "Retours acceptés", Kind.COUNT, over="attendus"),
            Column("hors_delai", "dont hors délai", Kind.COUNT, over="acceptes"),
            Column("rejetes", "Rejetés, non renvoyés", Kind.COUNT, over="attendus"),
            Column("non_recus", "Non reçus", Kind.COUNT, over="attendus"),
        ],
        quarters,
        figure="rapport_couverture/{trimestre}",
        note="Hors délai : premier envoi accepté après l’échéance ; ces retours comptent comme les autres.",
    )


def _chart(quarters: list[Row]) -> charts.Chart | None:
    if not quarters:
        return None
    return charts.stacked_counts(
        "graphique-couverture",
        "Retours acceptés, rejetés et non reçus, par trimestre",
        [row["libelle"] for row in quarters],
        {
            "Acceptés": [row["acceptes"] for row in quarters],
            "Rejetés, non renvoyés": [row["rejetes"] for row in quarters],
            "Non reçus": [row["non_recus"] for row in quarters],
        },
        max(row["attendus"] for row in quarters),
    )


def _missing(marts: Marts, missing: list[Row]) -> Table:
    return Table(
        "couverture-absents",
        "Retours absents",
        f"Territoires sans retour accepté au {marts.quarter['libelle']}",
        [
            Column("nom", "Territoire"),
            Column("region", "Région"),
            Column("etat", "État du retour", words=RETURN_STATES),
            Column("echeance", "Échéance", Kind.DAY),
        ],
        missing,
        empty="Tous les territoires ont un retour accepté.",
    )


def _late(marts: Marts, late: list[Row]) -> Table:
    return Table(
        "couverture-hors-delai",
        "Retours hors délai",
        f"Retours du {marts.quarter['libelle']} arrivés après l’échéance",
        [
            Column("nom", "Territoire"),
            Column("region", "Région"),
            Column("echeance", "Échéance", Kind.DAY),
            Column("premier_accepte_le", "Premier envoi accepté", Kind.DAY),
            Column("jours_retard", "Jours de retard", Kind.COUNT),
        ],
        late,
        figure="suivi_retours/{territoire_id}/{trimestre}",
        empty="Aucun retour hors délai.",
    )
