"""The three axes of action, in their official order: the quarter, the cumul, the regions."""

from entrepot.restitution import charts, french
from entrepot.restitution.chapters import Chapter, Exhibit, column_panel
from entrepot.restitution.marts import Marts, Row
from entrepot.restitution.tables import Column, Kind, Table
from entrepot.restitution.vocabulary import AXES, AXIS_INDICATORS

KINDS = {"participants": Kind.PEOPLE, "cout_cite": Kind.EUROS}
HEADLINES = {
    "coordination": "Axe 1 – actions de coordination",
    "evenements": "Axe 2 – actions ou événements",
    "freins": "Axe 3 – actions sur des freins",
}
"""The indicator published for each axis: occurrences for the first two, actions on a *frein* for the third."""
HEADLINE_FIGURES = {
    "coordination": "recenser_federer/occurrences",
    "evenements": "aller_vers/occurrences",
    "freins": "innover/actions_frein",
}


def headline_columns() -> list[Column]:
    """Quarter and cumul of the published indicator of each axis."""
    return [
        column
        for key, label in HEADLINES.items()
        for row in (f"bilan_axes/{{trimestre}}/{{niveau}}/{{code}}/{HEADLINE_FIGURES[key]}",)
        for column in (
            Column(f"{key}_trimestre", "Trimestre (flux)", Kind.COUNT, group=label, figure=f"{row}/valeur_trimestre"),
            Column(f"{key}_cumul", "Cumul", Kind.COUNT, group=label, figure=f"{row}/valeur_cumul"),
        )
    ]


def answering_column() -> Column:
    """Territories that answered, of those that owed a return, at the quarter and scope of the row."""
    return Column(
        "nb_repondants",
        "Répondants",
        Kind.COUNT,
        over="nb_attendus",
        figure="bilan_axes/{trimestre}/{niveau}/{code}/recenser_federer/actions/nb_repondants",
    )


def chapter(marts: Marts) -> Chapter:
    """The three axes at the quarter."""
    regions = french.alphabetical(marts.rows("axes_regions"), "region")
    return Chapter(
        "axes",
        "Les trois axes d’action",
        [
            "Les valeurs du trimestre sont des flux : elles portent sur les seuls territoires répondants. Les cumuls "
            "courent depuis le 01/01/2022. Les actions annulées ne comptent jamais. Les participations ne sont pas des "
            "personnes distinctes : qui vient à deux actions compte deux fois."
        ],
        [Exhibit(_by_axis(marts)), Exhibit(_by_region(marts, regions), _chart(regions))],
    )


def _by_axis(marts: Marts) -> Table:
    return Table(
        "axes-national",
        "Axes",
        f"Les trois axes, France entière, {marts.quarter['libelle']}",
        [
            Column("axe", "Axe", words=AXES),
            Column("indicateur", "Indicateur", words=AXIS_INDICATORS),
            Column("valeur_trimestre", "Trimestre (flux)", _kind, absent="aucun retour du trimestre ne la donne"),
            Column("nb_valeurs", "Lignes renseignées", Kind.COUNT),
            Column("valeur_cumul", "Cumul depuis le 01/01/2022", _kind, absent="aucun retour ne la donne"),
            answering_column(),
        ],
        marts.rows("axes"),
        note="Lignes renseignées : actions du trimestre dont la valeur est connue, dénominateur de cette valeur.",
        figure="bilan_axes/{trimestre}/france/FR/{axe}/{indicateur}",
        grouped=True,
    )


def _kind(row: Row) -> Kind:
    return KINDS.get(row["indicateur"], Kind.COUNT)


def _by_region(marts: Marts, regions: list[Row]) -> Table:
    return Table(
        "axes-regions",
        "Axes par région",
        f"L’indicateur publié de chaque axe, par région, {marts.quarter['libelle']}",
        [
            Column("region", "Région"),
            *headline_columns(),
            answering_column(),
        ],
        regions,
    )


def _chart(regions: list[Row]) -> charts.Chart | None:
    if not regions:
        return None
    columns = [column for column in headline_columns() if column.key.endswith("_cumul")]
    return charts.by_category(
        "graphique-axes-regions",
        "L’indicateur publié de chaque axe, cumul depuis le 01/01/2022, par région",
        [row["region"] for row in regions],
        [column_panel(title, column, regions) for title, column in zip(HEADLINES.values(), columns, strict=True)],
    )
