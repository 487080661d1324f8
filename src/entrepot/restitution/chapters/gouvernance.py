"""Governance: shares with their denominators, level of cooperation, bodies."""

from itertools import groupby

from entrepot.restitution import charts, french
from entrepot.restitution.chapters import Chapter, Exhibit
from entrepot.restitution.marts import Marts, Row
from entrepot.restitution.tables import Column, Kind, Table
from entrepot.restitution.vocabulary import BODY_LEVELS, QUESTIONS

FIGURE = "bilan_gouvernance/{trimestre}/france/FR/{question}/{modalite}"


def chapter(marts: Marts) -> Chapter:
    """Governance at the quarter."""
    answers = marts.rows("gouvernance")
    return Chapter(
        "gouvernance",
        "Gouvernance",
        [
            "Chaque part est rapportée aux seules réponses exploitables à la question : une question laissée vide "
            "n’est pas un « non ». Ce sont des stocks : la situation déclarée à la fin du trimestre."
        ],
        [
            Exhibit(_answers(marts, answers), _chart(answers)),
            Exhibit(_means(marts)),
            Exhibit(_bodies(marts)),
        ],
    )


def _answers(marts: Marts, answers: list[Row]) -> Table:
    return Table(
        "gouvernance-reponses",
        "Gouvernance",
        f"Réponses aux questions de gouvernance, {marts.quarter['libelle']}",
        [
            Column("question", "Question", words=QUESTIONS),
            Column("libelle_modalite", "Réponse"),
            Column("nombre", "Cités / réponses exploitables", Kind.COUNT, over="denominateur"),
            Column("part", "Part", Kind.SHARE),
            Column("nb_repondants", "Répondants", Kind.COUNT, over="nb_attendus"),
        ],
        answers,
        figure=FIGURE,
        grouped=True,
    )


def _chart(answers: list[Row]) -> charts.Chart | None:
    if not answers:
        return None
    questions = [
        (
            QUESTIONS[question],
            [(row["libelle_modalite"], float(row["part"]), french.share(row["part"])) for row in rows if row["nombre"]],
        )
        for question, rows in groupby(answers, key=lambda row: row["question"])
    ]
    return charts.shares("graphique-gouvernance", "Répartition des réponses exploitables, par question", questions)


def _means(marts: Marts) -> Table:
    return Table(
        "gouvernance-moyennes",
        "Gouvernance, moyennes",
        f"Moyennes par cité, {marts.quarter['libelle']}",
        [
            Column("question", "Question", words=QUESTIONS),
            Column("moyenne", "Moyenne par cité", Kind.MEAN),
            Column("denominateur", "Réponses exploitables", Kind.COUNT, over="nb_attendus"),
        ],
        marts.rows("gouvernance_moyennes"),
        figure=FIGURE,
    )


def _bodies(marts: Marts) -> Table:
    return Table(
        "gouvernance-instances",
        "Instances",
        f"Instances déclarées, {marts.quarter['libelle']}",
        [
            Column("niveau", "Niveau", words=BODY_LEVELS),
            Column("instances", "Instances", Kind.COUNT),
            Column("cites", "Cités qui en déclarent", Kind.COUNT, over="nb_repondants"),
            Column("adossees", "Adossées à une instance du contrat de ville", Kind.COUNT, over="adossees_reponses"),
            Column("part_adossees", "Part adossée", Kind.SHARE),
            Column("reunions", "Réunions du trimestre (flux)", Kind.COUNT),
            Column("reunions_reponses", "Instances dont les réunions sont connues", Kind.COUNT, over="instances"),
        ],
        marts.rows("instances"),
        figure="rapport_instances/{trimestre}/{niveau}",
    )
