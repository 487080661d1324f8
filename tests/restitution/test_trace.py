"""A figure leads to the cells it is made of: each cell is looked up in the workbook by another library than ours."""

import csv
import itertools
import os
import random
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pytest
import yaml

from entrepot.receipts.store import ByteStore
from entrepot.restitution import trace_output
from entrepot.restitution.figures import Figure, FigureError, Shape, catalogue, parse_figure
from entrepot.restitution.instant import InstantError, parse_instant
from entrepot.restitution.lineage import Lineages, Sum, lineages
from entrepot.restitution.marts import read_published
from entrepot.restitution.sources import Node, find_sources, leaves
from entrepot.restitution.trace import trace
from entrepot.settings import Settings

from ..conftest import Warehouse
from .other_readers import Sheets, read_cells, same

SETTINGS = Settings()
SHAPES = catalogue(SETTINGS.dbt_dir)
LINEAGES = lineages(SETTINGS.dbt_dir)
MEETINGS = "bilan_axes/2024-T1/france/FR/recenser_federer/occurrences/valeur_trimestre"
FIGURES = 100


def test_every_column_of_every_mart_has_a_lineage_or_says_why_not() -> None:
    declared = yaml.safe_load((SETTINGS.dbt_dir / "models/marts/marts.yml").read_text("utf-8"))["models"]
    assert {model["name"] for model in declared} - SHAPES.keys() == {
        "provenance", "qualite_regles", "qualite_retours", "suivi_constats",
    }  # fmt: skip
    without = [
        f"{shape.mart}.{column}"
        for shape in SHAPES.values()
        for column in shape.types
        if column not in shape.key and not LINEAGES.of(shape.mart, column)
    ]
    assert without == []


def _some_figures(connection: psycopg.Connection[Any]) -> list[Figure]:
    """A hundred figures with a value, drawn over all marts, among columns that are made of something typed."""
    traced = [
        (shape, columns)
        for shape in SHAPES.values()
        if (columns := [column for column in shape.types if column not in shape.key and _typed(shape, column)])
    ]
    draw = random.Random(20240326)
    turns = itertools.islice(itertools.cycle(traced), FIGURES)
    return [figure for shape, columns in turns for figure in _one(connection, draw, shape, draw.choice(columns))]


def _typed(shape: Shape, column: str) -> bool:
    return not all(lineage.sans for lineage in LINEAGES.of(shape.mart, column))


def _one(connection: psycopg.Connection[Any], draw: random.Random, shape: Shape, column: str) -> list[Figure]:
    keys = ", ".join(f"chiffre.{name}::text" for name in shape.key)
    # A figure that is not zero says more; some columns hold none.
    rows = connection.execute(
        f"select array[{keys}], chiffre.{column}::text <> '0' as telling"
        f" from {shape.relation.as_string(connection)} as chiffre where chiffre.{column} is not null order by 1"
    ).fetchall()
    telling = [row for row in rows if row[1]] or rows
    return [shape.figure(draw.choice(telling)[0], column)] if rows else []


def test_figures_lead_to_cells_that_other_libraries_find(published_warehouse: Warehouse) -> None:
    settings = published_warehouse.settings
    open_workbook = _opener(published_warehouse)
    with psycopg.connect(published_warehouse.reader_url, autocommit=True) as connection:
        figures = _some_figures(connection)
        nodes = find_sources(connection, settings, figures)
    (dated_marts,) = published_warehouse.rows("select to_regprocedure('entrepot.instant()') is not null")
    assert len(figures) >= 90
    cells = 0
    for figure in figures:
        node = nodes[figure]
        # Until the marts answer as of a day, a figure of that day cannot be found again from those of today.
        if node.known_on is None or dated_marts[0]:
            assert node.checks is not False, f"{figure}: {node.value}, and its parts come to {node.computed}"
        cells += sum(_found(leaf.node, open_workbook) for leaf in leaves(node))
        brought = [leaf.brings for leaf in leaves(node) if leaf.brings is not None]
        if node.lineage.calcul is Sum.SUM and brought and len(brought) == len(list(leaves(node))):
            assert sum(brought) == node.value, figure
    assert cells > 1000


def _opener(warehouse: Warehouse) -> Callable[[int], Sheets]:
    store = ByteStore(warehouse.settings.store_url)
    digests = dict(warehouse.rows("select recepisse_id, empreinte from entrepot.recepisse"))
    return cache(lambda receipt: read_cells(store.get(digests[receipt])))


def _found(node: Node, open_workbook: Callable[[int], Sheets]) -> int:
    """Look every cell of a figure up in its workbook; a whole return has none."""
    for cell in node.cells:
        if cell.cellule is None or cell.texte_saisi is None:
            continue
        assert cell.feuille is not None and node.recepisse_id is not None
        value = open_workbook(node.recepisse_id)[cell.feuille].get(cell.cellule)
        where = f"{node.figure}: {cell.nom_fichier} {cell.feuille} {cell.cellule}"
        assert value is not None and same(cell.texte_saisi, value), f"{where}: {cell.texte_saisi!r}, not {value!r}"
        if isinstance(value, int | float) and isinstance(node.value, int | Decimal) and len(node.cells) == 1:
            assert abs(Decimal(str(value)) - node.value) < Decimal("0.01"), where
    return len(node.cells)


def test_a_cumul_carried_over_leads_to_what_it_was_last_made_of(published_warehouse: Warehouse) -> None:
    (row,) = published_warehouse.rows("""
        select array[territoire_id, trimestre, public, indicateur, sexe], cumul
        from marts.fct_beneficiaires
        where cumul_nature = 'reporte' and trimestre >= '2024-T2' and sexe = 'T' and cumul > 0
        order by 1
        limit 1
    """)
    figure = SHAPES["fct_beneficiaires"].figure(row[0], "cumul")
    traced = trace(published_warehouse.reader_url, published_warehouse.settings, str(figure))
    quarters = sorted({line.trimestre or "" for line in traced.lines})
    assert quarters[0] <= "2023-T4" and quarters[-1] < figure.key["trimestre"]
    assert sum(line.compte_pour or 0 for line in traced.lines) == row[1]


def test_what_is_said_of_a_figure(marts_url: str) -> None:
    traced = trace(marts_url, SETTINGS, MEETINGS)
    assert traced.summary == {
        "Chiffre": MEETINGS,
        "Sens": "Somme des répondants du trimestre ; vide si aucun n'a donné de valeur.",
        "Valeur": "1\u202f201",
        "Connu": "le 20/06/2024 (parution n° 7)",
        "Calcul": "Somme des occurrences (réunions, séances, événements) des actions de l'axe, hors actions annulées.",
        "Fait de": "3 × fct_actions.occurrences ; 3 cases, 2 classeurs reçus",
        "Vérification": "la somme des cases est 1\u202f201 : c’est le chiffre",
    }
    assert [(line.cite, line.fichier, line.cellule, line.compte_pour) for line in traced.lines] == [
        ("cde-001", "<b>T1</b>.xlsx", "J7", Decimal(700)),
        ("cde-002", "cde-002.ods", "J7", Decimal(400)),
        ("cde-002", "cde-002.ods", "J8", Decimal(101)),
    ]


def test_a_figure_that_its_cells_do_not_give_says_so(marts_url: str) -> None:
    traced = trace(marts_url, SETTINGS, MEETINGS.replace("2024-T1", "2023-T4"))
    assert traced.summary["Vérification"] == "leur somme est 0 : ce n’est pas le chiffre"


def test_a_goal_says_why_no_cell_is_in_it(marts_url: str) -> None:
    traced = trace(marts_url, SETTINGS, "bilan_pactes/labellises/objectif")
    assert traced.lines == []
    assert "aucune case saisie n'y entre" in traced.summary["Calcul"]
    assert traced.summary["Source"].startswith("https://")


def test_no_text_written_out_becomes_a_formula(marts_url: str, tmp_path: Path) -> None:
    traced = trace(marts_url, SETTINGS, MEETINGS)
    for name in ("cases.csv", "cases.xlsx"):
        trace_output.write(traced, tmp_path / name)
    with (tmp_path / "cases.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(line["texte_saisi"], line["compte_pour"]) for line in lines] == [
        ("'=700", "700"),
        ("400", "400"),
        ("101", "101"),
    ]
    sheet = openpyxl.load_workbook(tmp_path / "cases.xlsx").active
    assert sheet is not None
    (typed,) = [cell for line in sheet.iter_rows() for cell in line if cell.value == "=700"]
    assert (typed.data_type, typed.quotePrefix) == ("s", True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bilan/2024", r"no mart 'bilan': give one of .*bilan_axes"),
        ("bilan_axes/2024-T1/valeur_cumul", "written bilan_axes/TRIMESTRE/NIVEAU/CODE/AXE/INDICATEUR/COLUMN"),
        ("bilan_pactes/labellises/total", "no column 'total': give one of indicateur, libelle, valeur"),
        ("fct_actions/4/sept/axe", "ligne is a whole number, not 'sept'"),
        ("bilan_axes/2024-T1/france/75/x/y/valeur_cumul", "no row has code = '75'; there is FR."),
        ("bilan_gouvernance/2024-T1/france/FR/etp/oui/part", r"no row has modalite = 'oui'; there is \(empty\)."),
    ],
)
def test_a_figure_that_is_not_there_is_one_clear_sentence(marts_url: str, text: str, said: str) -> None:
    with pytest.raises(FigureError, match=said):
        trace(marts_url, SETTINGS, text)


def test_a_figure_is_written_as_it_is_read() -> None:
    for text in (MEETINGS, "bilan_gouvernance/2024-T1/france/FR/etp//moyenne", "fct_actions/4/7/axe"):
        assert str(parse_figure(text, SETTINGS)) == text


@pytest.mark.parametrize("text", ["26/03/2024", "2024-02-30", "2024-03-26T10:00:00", "hier"])
def test_an_instant_that_is_none_is_one_clear_sentence(text: str) -> None:
    with pytest.raises(InstantError, match=r"2024-03-26T18:30:00\+01:00"):
        parse_instant(text)


def test_the_marts_are_told_the_instant(marts_url: str) -> None:
    def told(connection: psycopg.Connection[Any]) -> object:
        row = connection.execute("select current_setting('entrepot.au') as au").fetchone()
        return row and row["au"]

    assert read_published(marts_url, told, parse_instant("2024-03-26")) == "2024-03-26"
    assert read_published(marts_url, told) == ""
    day = trace(marts_url, SETTINGS, MEETINGS, parse_instant("2024-03-26"))
    assert day.summary["Connu"] == "au 26/03/2024 (parution n° 7)"


def test_a_lineage_that_names_no_column_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "lignees.yaml"
    wrong.write_text(
        "conditions: {}\nlignees:\n  bilan_pactes:\n    - {colonnes: [total], sans: Aucune raison.}\n", "utf-8"
    )
    with pytest.raises(FigureError, match=r"lignees.yaml, from line 3: bilan_pactes has no column total"):
        Lineages(wrong, SHAPES)


def test_the_command_ends_with_2_on_an_error_of_the_user(marts_url: str) -> None:
    variables = os.environ | {"ENTREPOT_DATABASE_URL": marts_url, "ENTREPOT_READER_URL": marts_url, "COLUMNS": "150"}
    command = [sys.executable, "-m", "entrepot.cli", "trace"]
    fine = subprocess.run([*command, MEETINGS], env=variables, capture_output=True, text=True, check=False)
    assert (fine.returncode, "cde-002.ods" in fine.stdout) == (0, True)
    wrong = subprocess.run([*command, "[/]/x"], env=variables, capture_output=True, text=True, check=False)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("entrepot: There is no mart '[': give one of")
