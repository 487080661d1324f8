"""The figures already published, beside ours."""

from entrepot.restitution.chapters import Chapter, Exhibit
from entrepot.restitution.marts import Marts, Row
from entrepot.restitution.tables import Column, Kind, Table

NO_RETURN = "aucun retour à cette date"


def chapter(marts: Marts) -> Chapter:
    """Control of every published figure, at its own date and precision."""
    rows = marts.rows("chiffres_publies")
    agreeing, comparable = sum(row["accord"] is True for row in rows), sum(row["accord"] is not None for row in rows)
    return Chapter(
        "chiffres-publies",
        "Contrôle des chiffres publiés",
        [
            "Chaque chiffre publié est recalculé avec les retours connus à sa date, puis arrondi à la précision de la "
            f"publication. Chiffres concordants : {agreeing} sur {comparable} comparables."
        ],
        [Exhibit(_control(rows)), Exhibit(_sources(rows), folded=True)],
    )


def _control(rows: list[Row]) -> Table:
    return Table(
        "controle-chiffres-publies",
        "Chiffres publiés",
        "Chiffres publiés et chiffres de l’entrepôt",
        [
            Column("libelle", "Chiffre publié"),
            Column("unite", "Unité", absent="sans unité"),
            Column("valeur_publiee", "Valeur publiée", Kind.NUMBER, absent="valeur non publiée"),
            Column("valeur_calculee", "Valeur calculée", Kind.NUMBER, absent=NO_RETURN),
            Column("valeur_arrondie", "Arrondie comme publiée", Kind.NUMBER, absent=NO_RETURN),
            Column("accord", "Accord", Kind.YES_NO, absent="comparaison impossible"),
            Column("denominateur", "Dénominateur", Kind.COUNT, absent="donnée de référence, comptée en entier"),
            Column("compare_a", "Comparé à"),
            Column("connu_le", "Connu le", Kind.DAY, absent="date non précisée : dernier état connu"),
        ],
        rows,
        figure="controle_chiffres_publies/{indicateur}",
    )


def _sources(rows: list[Row]) -> Table:
    return Table(
        "sources-chiffres-publies",
        "Sources",
        "Définitions et sources des chiffres publiés",
        [
            Column("libelle", "Chiffre publié"),
            Column("publie_le_texte", "Publié", absent="date de publication inconnue"),
            Column("definition", "Définition", absent="sans définition publiée"),
            Column("source", "Source", Kind.SOURCE),
        ],
        rows,
    )
