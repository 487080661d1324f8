"""Pactes plein emploi: progress towards what was announced."""

from entrepot.restitution import charts, french
from entrepot.restitution.chapters import Chapter, Exhibit
from entrepot.restitution.marts import Marts, Row
from entrepot.restitution.tables import Column, Kind, Table


def chapter(marts: Marts) -> Chapter:
    """Pactes as known by the release."""
    goals = marts.rows("pactes")
    return Chapter(
        "pactes",
        "Pactes plein emploi",
        [
            "300 pactes plein emploi ont été annoncés au comité interministériel des villes du 27/10/2023 : ils "
            "prennent le relais des 84 cités de l’emploi, et une quarantaine de territoires nouveaux devaient "
            "démarrer en 2025.",
            f"Ce sont des stocks, connus au {french.day(marts.known_on)} : ils ne dépendent pas du trimestre du bilan.",
        ],
        [Exhibit(_goals(goals), _chart(goals))],
    )


def _goals(goals: list[Row]) -> Table:
    return Table(
        "pactes-objectifs",
        "Pactes",
        "Labellisation des pactes plein emploi et objectifs annoncés",
        [
            Column("libelle", "Indicateur"),
            Column("valeur", "Valeur (stock) / total", Kind.COUNT, over="denominateur", absent="aucune liste reçue"),
            Column("part", "Part", Kind.SHARE, absent="aucune liste reçue"),
            Column("objectif", "Objectif annoncé", Kind.COUNT, absent="sans objectif annoncé"),
        ],
        goals,
        figure="bilan_pactes/{indicateur}",
    )


def _chart(goals: list[Row]) -> charts.Chart | None:
    measured = [row for row in goals if row["part"] is not None and row["valeur"] is not None]
    if not measured:
        return None
    return charts.progress(
        "graphique-pactes",
        "Avancement de chaque indicateur",
        [(row["libelle"], float(row["part"]), _text(row)) for row in measured],
    )


def _text(row: Row) -> str:
    return f"{french.number(row['valeur'])} / {french.number(row['denominateur'])}, soit {french.share(row['part'])}"
