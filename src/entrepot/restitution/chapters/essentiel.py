"""Key figures: one value each, with its nature and its denominator."""

from collections.abc import Iterator
from typing import Any

from entrepot.restitution import french
from entrepot.restitution.chapters import Chapter, Exhibit
from entrepot.restitution.chapters.axes import HEADLINES
from entrepot.restitution.marts import Marts, Row
from entrepot.restitution.tables import Column, Kind, Table

CUMUL, STOCK = "Cumul depuis le 01/01/2022", "Stock à la date"
POPULATIONS = {
    "identifies": "Bénéficiaires identifiés",
    "touches_frein": "Bénéficiaires touchés par une action sur un frein",
}
GOOD_COOPERATION = {"4", "5"}
"""Levels that count as a good level of cooperation in the published share of 67 %."""


def chapter(marts: Marts) -> Chapter:
    """Key figures at the quarter: flows, then cumuls, then stocks."""
    flow = f"Flux du {marts.quarter['libelle']}"
    figures = [*_actions(marts, flow), *_people(marts, flow), *_governance(marts), *_partners(marts), *_pactes(marts)]
    order = [flow, CUMUL, STOCK]
    return Chapter(
        "essentiel",
        "L’essentiel",
        ["Bénéficiaires identifiés et bénéficiaires touchés sont deux populations : elles ne s’additionnent pas."],
        [
            Exhibit(
                Table(
                    "chiffres-cles",
                    "Chiffres clés",
                    f"Chiffres clés, France entière, {marts.quarter['libelle']}",
                    [
                        Column("nature", "Nature"),
                        Column("chiffre", "Chiffre"),
                        Column("valeur", "Valeur", lambda row: row["genre"], absent="aucune donnée à cette date"),
                        Column("denominateur", "Dénominateur"),
                    ],
                    sorted(figures, key=lambda row: order.index(row["nature"])),
                ),
                cards=True,
            )
        ],
    )


def _figure(nature: str, label: str, value: Any, kind: Kind, denominator: str) -> Row:
    return {"nature": nature, "chiffre": label, "valeur": value, "genre": kind, "denominateur": denominator}


def _respondents(row: Row) -> str:
    return f"{row['nb_repondants']} répondants sur {row['nb_attendus']}"


def _actions(marts: Marts, flow: str) -> Iterator[Row]:
    for row in marts.rows("axes_series"):
        if row["trimestre"] == marts.quarter["trimestre"]:
            for key, label in HEADLINES.items():
                yield _figure(flow, label, row[f"{key}_trimestre"], Kind.COUNT, _respondents(row))
                scope = f"{_respondents(row)} au {row['libelle']}"
                yield _figure(CUMUL, label, row[f"{key}_cumul"], Kind.COUNT, scope)


def _people(marts: Marts, flow: str) -> Iterator[Row]:
    for row in marts.rows("beneficiaires"):
        if label := POPULATIONS.get(row["indicateur"]):
            yield _figure(flow, label, row["flux"], Kind.PEOPLE, _respondents(row))
            scope = f"{_respondents(row)} ; {french.plural(row['nb_reportes'], 'cumul reporté', 'cumuls reportés')}"
            yield _figure(CUMUL, label, row["cumul"], Kind.PEOPLE, scope)


def _governance(marts: Marts) -> Iterator[Row]:
    answers = marts.rows("gouvernance")
    for question, label, wanted in (
        ("animateur_volet_emploi", "Cités animatrices du volet emploi du contrat de ville", {"oui"}),
        ("niveau_cooperation", "Cités au niveau de coopération 4 ou 5", GOOD_COOPERATION),
    ):
        asked = [row for row in answers if row["question"] == question]
        if asked:
            count = sum(row["nombre"] for row in asked if row["modalite"] in wanted)
            total = asked[0]["denominateur"]
            yield _figure(
                STOCK,
                label,
                count / total,
                Kind.SHARE,
                f"{french.plural(count, 'cité', 'cités')} sur {total} réponses exploitables",
            )


def _partners(marts: Marts) -> Iterator[Row]:
    for row in marts.rows("partenariats_synthese")[-1:]:
        label = f"Partenaires associés en moyenne par cité, campagne {row['campagne']}"
        value = row["partenaires_associes_moyenne"]
        scope = "aucun répondant" if value is None else _respondents(row)
        yield _figure(STOCK, label, value, Kind.MEAN, scope)


def _pactes(marts: Marts) -> Iterator[Row]:
    for row in marts.rows("pactes"):
        if row["indicateur"] == "labellises":
            scope = f"sur {french.number(row['objectif'])} annoncés"
            yield _figure(STOCK, row["libelle"], row["valeur"], Kind.COUNT, scope)
