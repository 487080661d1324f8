"""Asking for a report: what can be asked, what cannot, and that the same marts give the same files."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from entrepot.restitution.bilan import write_bilan
from entrepot.restitution.instant import parse_instant
from entrepot.restitution.marts import ReportError, read_published, release_of

from ..conftest import Warehouse
from .conftest import Report
from .html_page import read_page


@pytest.mark.parametrize("quarter", ["2031-T1", "2024-T2", "T1 2024"])
def test_a_quarter_nobody_answered_is_one_clear_error(marts_url: str, tmp_path: Path, quarter: str) -> None:
    with pytest.raises(
        ReportError,
        match=f"No published return for quarter '{quarter}': write it like 2023-T4, between 2023-T3 and 2024-T1",
    ):
        write_bilan(marts_url, quarter, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_nothing_published_is_one_clear_error(warehouse: Warehouse, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="publish first with `entrepot run`"):
        write_bilan(warehouse.url, "2024-T1", tmp_path)


def test_a_warehouse_out_of_reach_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="cannot be reached"):
        write_bilan("postgresql://nobody@127.0.0.1:1/none", "2024-T1", tmp_path)


def test_same_marts_same_bytes(report: Report, tmp_path: Path) -> None:
    again = write_bilan(report.url, "2024-T1", tmp_path)
    assert again.html.read_bytes() == report.files.html.read_bytes()
    assert again.xlsx.read_bytes() == report.files.xlsx.read_bytes()


def test_a_quarter_without_any_figure_says_so(marts_url: str, tmp_path: Path) -> None:
    files = write_bilan(marts_url, "2023-T3", tmp_path)
    page = read_page(files.html.read_text("utf-8"))
    assert "aucune campagne au T3 2023" in page.by_id("partenariats").text
    assert "Aucune donnée à cette date." in page.by_id("axes").text
    assert page.unbalanced == []


def test_as_of_a_day_says_so_and_stands_beside_the_present(marts_url: str, tmp_path: Path) -> None:
    files = write_bilan(marts_url, "2024-T1", tmp_path, parse_instant("2024-05-31"))
    assert [files.html.name, files.xlsx.name] == [f"bilan-2024-T1-au-2024-05-31.{kind}" for kind in ("html", "xlsx")]
    page = read_page(files.html.read_text("utf-8"))
    assert "Données telles que connues au 31/05/2024 (parution n° 7)" in page.root.all("header")[0].text
    assert all(command.text.endswith(" --as-of 2024-05-31") for command in page.root.all("code"))


def test_the_quarter_before_the_break_is_all_derived(marts_url: str, tmp_path: Path) -> None:
    page = read_page(write_bilan(marts_url, "2023-T4", tmp_path).html.read_text("utf-8"))
    assert [row[:2] for row in page.table("series-beneficiaires")] == [["T4 2023", "Déduit"]]
    assert "rupture de série" not in [text.text for text in page.by_id("series").all("text")]


def test_a_publication_while_reading_makes_it_start_again(marts_url: str) -> None:
    seen: list[int] = []

    def read(connection: psycopg.Connection[dict[str, Any]]) -> int:
        seen.append(int(release_of(connection)["parution_id"]))
        if len(seen) == 1:
            publish("8")
        return seen[-1]

    def publish(number: str) -> None:
        with psycopg.connect(marts_url) as connection:
            connection.execute("update marts.parution set parution_id = %s", [number])

    try:
        assert read_published(marts_url, read) == 8
        assert seen == [7, 8]
    finally:
        publish("7")
