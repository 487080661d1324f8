"""The series over quarters, with a visible break where counts stop being derived from cumuls."""

from entrepot.forms.vintage import vintages
from entrepot.restitution import charts
from entrepot.restitution.chapters import Chapter, Exhibit, column_panel
from entrepot.restitution.chapters.axes import HEADLINES, answering_column, headline_columns
from entrepot.restitution.chapters.beneficiaires import FIGURE, POPULATIONS, population_columns
from entrepot.restitution.marts import Marts, Row
from entrepot.restitution.tables import Column, Kind, Table
from entrepot.restitution.vocabulary import DECLARED, DERIVED


def chapter(marts: Marts) -> Chapter:
    """Every quarter up to the one asked for."""
    people = marts.rows("beneficiaires_series")
    derived = {form.millesime for form in vintages() if any(table.nature == "cumul" for table in form.tableaux)}
    for row in people:
        row["origine"] = DERIVED if row["millesime"] in derived else DECLARED
    actions = marts.rows("axes_series")
    return Chapter(
        "series",
        "Séries trimestrielles",
        [
            "Rupture de série : jusqu’au T4 2023 les territoires déclaraient un cumul, et le flux du trimestre en "
            "est déduit par différence ; depuis le T1 2024 ils déclarent le flux, et le cumul en est déduit par "
            "somme. Un flux déduit peut couvrir plusieurs trimestres lorsqu’un retour manque, et être négatif "
            "lorsqu’un cumul est corrigé à la baisse.",
        ],
        [
            Exhibit(_people(people), _people_chart(people)),
            Exhibit(_actions(actions), _actions_chart(actions)),
        ],
    )


def _people(rows: list[Row]) -> Table:
    return Table(
        "series-beneficiaires",
        "Séries bénéficiaires",
        "Bénéficiaires identifiés et touchés, tous publics, France entière, par trimestre",
        [
            Column("libelle", "Trimestre"),
            Column("origine", "Origine du flux"),
            *population_columns(),
            answering_column(),
            Column("nb_reportes", "Cumuls reportés", Kind.COUNT, over="nb_attendus"),
            Column("nb_cumuls_incomplets", "Cumuls incomplets", Kind.COUNT, over="nb_attendus"),
            Column("nb_flux_pluri_trimestres", "Flux pluri-trimestres", Kind.COUNT, over="nb_repondants"),
        ],
        rows,
        figure=FIGURE.replace("{indicateur}", "identifies"),
        note="Cumuls reportés, cumuls incomplets et flux pluri-trimestres sont ceux des bénéficiaires identifiés.",
    )


def _people_chart(rows: list[Row]) -> charts.Chart | None:
    if not rows:
        return None
    columns = [column for column in population_columns() if column.key.endswith("_flux")]
    return charts.over_time(
        "graphique-series-beneficiaires",
        "Bénéficiaires identifiés et touchés, flux de chaque trimestre",
        [row["libelle"] for row in rows],
        [
            column_panel(f"{title}, flux du trimestre", column, rows)
            for title, column in zip(POPULATIONS.values(), columns, strict=True)
        ],
        derived=[row["origine"] == DERIVED for row in rows],
        names=("Flux déduit de deux cumuls (jusqu’au T4 2023)", "Flux déclaré (depuis le T1 2024)"),
    )


def _actions(rows: list[Row]) -> Table:
    return Table(
        "series-axes",
        "Séries axes",
        "L’indicateur publié de chaque axe, France entière, par trimestre",
        [
            Column("libelle", "Trimestre"),
            *headline_columns(),
            answering_column(),
        ],
        rows,
        note="Les deux millésimes du gabarit demandent les actions du trimestre : cette série n’a pas de rupture.",
    )


def _actions_chart(rows: list[Row]) -> charts.Chart | None:
    if not rows:
        return None
    columns = [column for column in headline_columns() if column.key.endswith("_trimestre")]
    return charts.over_time(
        "graphique-series-axes",
        "L’indicateur publié de chaque axe, flux de chaque trimestre",
        [row["libelle"] for row in rows],
        [
            column_panel(f"{title}, flux du trimestre", column, rows)
            for title, column in zip(HEADLINES.values(), columns, strict=True)
        ],
    )
