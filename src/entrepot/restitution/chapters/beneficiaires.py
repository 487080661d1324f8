"""Beneficiaries: the steps of the way to a job, the publics, the regions."""

from entrepot.restitution import charts, french
from entrepot.restitution.chapters import Chapter, Exhibit, column_panel
from entrepot.restitution.chapters.axes import answering_column
from entrepot.restitution.marts import Marts, Row
from entrepot.restitution.tables import Column, Kind, Table
from entrepot.restitution.vocabulary import BENEFICIARY_INDICATORS

POPULATIONS = {"identifies": "Identifiés", "touches": "Touchés par une action sur un frein"}
INDICATORS = {"identifies": "identifies", "touches": "touches_frein"}
FIGURE = "bilan_beneficiaires/{trimestre}/{niveau}/{code}/{code_public}/T/{indicateur}"
NO_FLOW = "aucun retour du trimestre ne permet de le calculer"
NO_CUMUL = "aucun retour ne le donne"


def population_columns() -> list[Column]:
    """Flow and cumul of the two populations."""
    return [
        column
        for key, label in POPULATIONS.items()
        for row in (FIGURE.replace("{indicateur}", INDICATORS[key]),)
        for column in (
            Column(f"{key}_flux", "Trimestre (flux)", Kind.PEOPLE, absent=NO_FLOW, group=label, figure=f"{row}/flux"),
            Column(f"{key}_cumul", "Cumul", Kind.PEOPLE, absent=NO_CUMUL, group=label, figure=f"{row}/cumul"),
        )
    ]


def chapter(marts: Marts) -> Chapter:
    """Beneficiaries at the quarter."""
    publics = marts.rows("beneficiaires_publics")
    regions = french.alphabetical(marts.rows("beneficiaires_regions"), "region")
    return Chapter(
        "beneficiaires",
        "Bénéficiaires",
        [
            "Les bénéficiaires identifiés et les bénéficiaires touchés par une action sur un frein sont deux "
            "populations : elles ne s’additionnent jamais.",
            "Une même personne relève souvent de plusieurs publics : la somme des publics n’est pas l’ensemble. Le "
            "flux porte sur les répondants du trimestre ; le cumul national additionne le dernier cumul connu de "
            "chaque territoire, reporté lorsqu’il n’a pas répondu. Les effectifs de 1 à 4 personnes ne sont pas "
            "affichés.",
        ],
        [
            Exhibit(_by_step(marts)),
            Exhibit(_by_public(marts, publics), _chart("publics", "public", publics)),
            Exhibit(_by_region(marts, regions), _chart("regions", "region", regions), folded=True),
        ],
    )


def _by_step(marts: Marts) -> Table:
    return Table(
        "beneficiaires-etapes",
        "Bénéficiaires",
        f"Bénéficiaires par étape, tous publics, France entière, {marts.quarter['libelle']}",
        [
            Column("indicateur", "Bénéficiaires", words=BENEFICIARY_INDICATORS),
            Column("flux", "Trimestre (flux)", Kind.PEOPLE, absent=NO_FLOW),
            Column("cumul", "Cumul depuis le 01/01/2022", Kind.PEOPLE, absent=NO_CUMUL),
            answering_column(),
            Column("nb_reportes", "dont cumuls reportés", Kind.COUNT, over="nb_attendus"),
            Column("nb_cumuls_incomplets", "dont cumuls incomplets", Kind.COUNT, over="nb_attendus"),
            Column("nb_flux_pluri_trimestres", "Flux couvrant plusieurs trimestres", Kind.COUNT, over="nb_repondants"),
        ],
        marts.rows("beneficiaires"),
        figure=FIGURE,
    )


def _by_public(marts: Marts, publics: list[Row]) -> Table:
    return Table(
        "beneficiaires-publics",
        "Bénéficiaires par public",
        f"Identifiés et touchés, par public, France entière, {marts.quarter['libelle']}",
        [
            Column("public", "Public"),
            *population_columns(),
            answering_column(),
        ],
        publics,
        figure=FIGURE.replace("{indicateur}", "identifies"),
    )


def _by_region(marts: Marts, regions: list[Row]) -> Table:
    return Table(
        "beneficiaires-regions",
        "Bénéficiaires par région",
        f"Identifiés et touchés, tous publics, par région, {marts.quarter['libelle']}",
        [
            Column("region", "Région"),
            *population_columns(),
            answering_column(),
            Column("nb_reportes", "Cumuls reportés", Kind.COUNT, over="nb_attendus"),
        ],
        regions,
        figure=FIGURE.replace("{indicateur}", "identifies"),
    )


def _chart(subject: str, label: str, rows: list[Row]) -> charts.Chart | None:
    if not rows:
        return None
    columns = [column for column in population_columns() if column.key.endswith("_cumul")]
    return charts.by_category(
        f"graphique-beneficiaires-{subject}",
        f"Deux populations, cumul depuis le 01/01/2022, par {label.replace('region', 'région')}",
        [row[label] for row in rows],
        [column_panel(title, column, rows) for title, column in zip(POPULATIONS.values(), columns, strict=True)],
    )
