"""The report on marts that really went the whole way, read with the read-only account."""

from datetime import date
from pathlib import Path

import psycopg
import pytest

from entrepot.restitution import french
from entrepot.restitution.bilan import write_bilan
from entrepot.restitution.instant import Instant

from ..conftest import Warehouse
from .html_page import Page, read_page

COLUMNS = """
select table_name, column_name, data_type
from information_schema.columns
where table_schema = 'marts'
"""


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def page(published_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Page:
    files = write_bilan(published_warehouse.reader_url, "2024-T4", tmp_path_factory.mktemp("bilan"))
    return read_page(files.html.read_text("utf-8"))


def test_the_columns_other_tests_use_are_those_published(published_warehouse: Warehouse, marts_url: str) -> None:
    with psycopg.connect(marts_url) as connection:
        used = set(connection.execute(COLUMNS).fetchall())
    assert used - set(published_warehouse.rows(COLUMNS)) == set()


@pytest.mark.parametrize("quarter", ["2022-T1", "2022-T4", "2023-T4", "2024-T1"])  # firsts, campaigns, both vintages
def test_every_kind_of_quarter_has_its_report(published_warehouse: Warehouse, tmp_path: Path, quarter: str) -> None:
    assert write_bilan(published_warehouse.reader_url, quarter, tmp_path).html.exists()


def test_a_report_on_the_past_leads_to_its_cells(published_warehouse: Warehouse, tmp_path: Path) -> None:
    instant = Instant.of_day(date(2024, 3, 26))
    page = read_page(write_bilan(published_warehouse.reader_url, "2023-T4", tmp_path, instant).html.read_text("utf-8"))
    shown = [one for one in page.root.all("button") if "data-chiffre" in one.attributes]
    panels = {panel.attributes["id"]: panel for panel in page.root.all("aside")}
    assert len(shown) > 500
    assert all(button.attributes["popovertarget"] in panels for button in shown)


def test_national_series_are_those_of_the_marts(published_warehouse: Warehouse, page: Page) -> None:
    rows = published_warehouse.rows("""
        select flux, cumul, nb_repondants, nb_attendus
        from marts.bilan_beneficiaires
        where niveau = 'france' and public = 'ensemble' and sexe = 'T' and indicateur = 'identifies'
        order by trimestre
    """)
    assert [(line[2], line[3], line[6]) for line in page.table("series-beneficiaires")] == [
        (plain(french.number(flow)), plain(french.number(total)), f"{answered} / {owed}")
        for flow, total, answered, owed in rows
    ]


def test_shares_are_those_of_the_marts(published_warehouse: Warehouse, page: Page) -> None:
    rows = published_warehouse.rows("""
        select libelle_modalite, nombre, denominateur, part
        from marts.bilan_gouvernance
        where niveau = 'france' and trimestre = '2024-T4' and modalite is not null
    """)
    expected = {(label, f"{count} / {total}", plain(french.share(part))) for label, count, total, part in rows}
    shown = {(line[-4], line[-3], line[-2]) for line in page.table("gouvernance-reponses")}
    assert shown == expected


def test_the_page_is_sound_and_has_no_hole(page: Page) -> None:
    assert page.unbalanced == []
    assert len(page.root.all("svg")) == 9
    assert not [element.text for element in page.root.all("p") if element.attributes.get("class") == "vide"]


def test_each_figure_of_the_page_opens_what_it_is_made_of(page: Page) -> None:
    shown = {one.attributes["data-chiffre"]: one for one in page.root.all("button") if "data-chiffre" in one.attributes}
    assert len(shown) > 500
    panels = {panel.attributes["id"]: panel for panel in page.root.all("aside")}
    for path, button in shown.items():
        panel = panels[button.attributes["popovertarget"]]
        assert any(path in command.text for command in panel.all("code"))
