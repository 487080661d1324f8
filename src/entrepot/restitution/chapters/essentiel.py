"""Key figures: one value each, with its nature and its denominator."""

from collections.abc import Iterator
from typing import Any

from entrepot.restitution import french
from entrepot.restitution.chapters import Chapter, Exhibit
from entrepot.restitution.chapters.axes import HEADLINE_FIGURES, HEADLINES
from entrepot.restitution.marts import Marts, Row
from entrepot.restitution.tables import Column, Kind, Table

CUMUL, STOCK = "Cumul depuis le 01/01/2022", "Stock à la date"
POPULATIONS = {
    "identifies": "Bénéficiaires identifiés",
    "touches_frein": "Bénéficiaires touchés par une action sur un frein",
}


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
                        Column(
                            "valeur",
                            "Valeur",
                            lambda row: row["genre"],
                            absent="aucune donnée à cette date",
                            figure="{chemin}",
                        ),
                        Column("denominateur", "Dénominateur"),
                    ],
                    sorted(figures, key=lambda row: order.index(row["nature"])),
                ),
                cards=True,
            )
        ],
    )


def _figure(nature: str, label: str, value: Any, kind: Kind, *, denominator: str, path: str) -> Row:
    shown = {"nature": nature, "chiffre": label, "valeur": value, "genre": kind, "denominateur": denominator}
    return {**shown, "chemin": path}


def _respondents(row: Row) -> str:
    return f"{row['nb_repondants']} répondants sur {row['nb_attendus']}"


def _actions(marts: Marts, flow: str) -> Iterator[Row]:
    for row in marts.rows("axes_series"):
        if row["trimestre"] == marts.quarter["trimestre"]:
            for key, label in HEADLINES.items():
                path = f"bilan_axes/{row['trimestre']}/france/FR/{HEADLINE_FIGURES[key]}"
                scope = _respondents(row)
                yield _figure(
                    flow, label, row[f"{key}_trimestre"], Kind.COUNT, denominator=scope, path=f"{path}/valeur_trimestre"
                )
                scope = f"{scope} au {row['libelle']}"
                yield _figure(
                    CUMUL, label, row[f"{key}_cumul"], Kind.COUNT, denominator=scope, path=f"{path}/valeur_cumul"
                )


def _people(marts: Marts, flow: str) -> Iterator[Row]:
    for row in marts.rows("beneficiaires"):
        if label := POPULATIONS.get(row["indicateur"]):
            path = f"bilan_beneficiaires/{row['trimestre']}/france/FR/ensemble/T/{row['indicateur']}"
            yield _figure(flow, label, row["flux"], Kind.PEOPLE, denominator=_respondents(row), path=f"{path}/flux")
            scope = f"{_respondents(row)} ; {french.plural(row['nb_reportes'], 'cumul reporté', 'cumuls reportés')}"
            yield _figure(CUMUL, label, row["cumul"], Kind.PEOPLE, denominator=scope, path=f"{path}/cumul")


def _governance(marts: Marts) -> Iterator[Row]:
    quarter = marts.quarter["trimestre"]
    leading = "Cités animatrices du volet emploi du contrat de ville"
    for row in marts.rows("gouvernance"):
        if (row["question"], row["modalite"]) == ("animateur_volet_emploi", "oui"):
            path = f"bilan_gouvernance/{quarter}/france/FR/animateur_volet_emploi/oui/part"
            yield _figure(STOCK, leading, row["part"], Kind.SHARE, denominator=_answers(row), path=path)
    for row in marts.rows("cooperation"):
        label, path = "Cités au niveau de coopération 4 ou 5", f"rapport_cooperation/{quarter}/part"
        yield _figure(STOCK, label, row["part"], Kind.SHARE, denominator=_answers(row), path=path)


def _answers(row: Row) -> str:
    return f"{french.plural(row['nombre'], 'cité', 'cités')} sur {row['denominateur']} réponses exploitables"


def _partners(marts: Marts) -> Iterator[Row]:
    for row in marts.rows("partenariats_synthese")[-1:]:
        label = f"Partenaires associés en moyenne par cité, campagne {row['campagne']}"
        value = row["partenaires_associes_moyenne"]
        scope = "aucun répondant" if value is None else _respondents(row)
        path = f"bilan_partenariats_synthese/{row['campagne']}/partenaires_associes_moyenne"
        yield _figure(STOCK, label, value, Kind.MEAN, denominator=scope, path=path)


def _pactes(marts: Marts) -> Iterator[Row]:
    for row in marts.rows("pactes"):
        if row["indicateur"] == "labellises":
            scope = f"sur {french.number(row['objectif'])} annoncés"
            yield _figure(
                STOCK,
                row["libelle"],
                row["valeur"],
                Kind.COUNT,
                denominator=scope,
                path="bilan_pactes/labellises/valeur",
            )
