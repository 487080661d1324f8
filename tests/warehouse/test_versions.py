"""A mart that loses a column gets a new version; the former one stays beside it: present, past and old releases."""

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from entrepot.contracts import ledger
from entrepot.contracts.project import Project
from entrepot.restitution.figures import FigureError, catalogue, parse_figure
from entrepot.settings import Settings
from entrepot.status import retired
from entrepot.warehouse import published, releases
from entrepot.warehouse.dbt import run_dbt
from entrepot.warehouse.engine import connect
from entrepot.warehouse.postgres import Server

from ..conftest import Warehouse, new_warehouse
from ..dbt.returns import deposit, mark

pytestmark = pytest.mark.parametrize("server", ["embedded"], indirect=True)

MART, FORMER = "suivi_retours", "suivi_retours_v1"
ACCEPTED = "select territoire_id from marts.{} where etat = 'accepte' order by 1"
COLUMNS = (
    "select column_name, data_type from information_schema.columns where table_schema = 'marts' and table_name = %s"
)


@pytest.fixture(scope="module")
def versions(
    template: str, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Warehouse, Settings]]:
    """Two releases of one mart: the second by a project in which it has a version 2, which loses a column."""
    with new_warehouse(server, tmp_path_factory.mktemp("versions"), template=template) as warehouse:
        project = with_version_2(warehouse.settings, tmp_path_factory.mktemp("project"))
        with psycopg.connect(warehouse.url) as connection:
            deposit(connection, "cde-001", "2023-T4", recu_le="2024-01-15 10:00+01")
            mark(connection, "controle")
        release(warehouse.settings, [MART])
        with psycopg.connect(warehouse.url) as connection:
            deposit(connection, "cde-002", "2023-T4", recu_le="2024-02-20 10:00+01")
            mark(connection, "controle")
            connection.execute(
                "create view public.mine as select territoire_id, constats_suspicion from marts.suivi_retours"
            )
        release(project, [MART, FORMER])
        yield warehouse, project


def with_version_2(settings: Settings, folder: Path) -> Settings:
    """A copy of the project where `suivi_retours` has lost a column and changed the type of another, in a version 2."""
    for name in ("dbt_project", "docs"):
        shutil.copytree(settings.project_dir / name, folder / name, ignore=shutil.ignore_patterns("target", "logs"))
    models = folder / "dbt_project" / "models" / "marts"
    text = (models / f"{MART}.sql").read_text("utf-8")
    (models / f"{FORMER}.sql").write_text(text, "utf-8")
    lost = ",\n    etats.constats_suspicion\nfrom etats"
    assert text.count(lost) == 1
    retyped = text.replace(lost, "\nfrom etats").replace("    etats.nb_recepisses,", "    etats.nb_recepisses::text,")
    (models / f"{MART}.sql").write_text(retyped, "utf-8")
    declared = yaml.safe_load((models / "marts.yml").read_text("utf-8"))
    (model,) = [model for model in declared["models"] if model["name"] == MART]
    model |= {
        "latest_version": 2,
        "versions": [
            {"v": 1, "deprecation_date": "2027-06-30"},
            {
                "v": 2,
                "columns": [
                    {"include": "all", "exclude": ["constats_suspicion", "nb_recepisses"]},
                    {"name": "nb_recepisses", "description": "Récépissés reçus.", "data_type": "text"},
                ],
            },
        ],
    }
    (models / "marts.yml").write_text(yaml.safe_dump(declared, allow_unicode=True), "utf-8")
    return settings.model_copy(update={"project_dir": folder})


def release(settings: Settings, marts: list[str]) -> None:
    """Build these marts and what they read, and publish them."""
    with connect(settings) as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(releases, "mart_names", lambda _: marts)
        due = releases.Due("a test", complete=True, new_receipts=True)
        number = releases.open_release(connection, releases.content(connection, settings), settings, due)
        tests = ("resource_type:test", "resource_type:unit_test", "resource_type:seed")
        run_dbt(settings, "build", "--select", f"+{MART}", "--exclude", *tests, parution_id=number)
        releases.publish_candidate(connection, number, settings)


def asked(warehouse: Warehouse, query: str, *, day: str = "", number: int | None = None) -> list[Any]:
    """Rows that a reader gets, as known on a day, or in a release."""
    with psycopg.connect(warehouse.url) as connection:
        connection.execute("select set_config('entrepot.au', %s, false)", [day])
        connection.execute("select set_config('entrepot.parution', %s, false)", [str(number or "")])
        return [row[0] for row in connection.execute(query.encode())]


def test_both_versions_answer_side_by_side(versions: tuple[Warehouse, Settings]) -> None:
    warehouse, _ = versions
    shapes = {mart: dict(warehouse.rows(COLUMNS, mart)) for mart in (MART, FORMER)}
    assert shapes[FORMER].keys() - shapes[MART].keys() == {"constats_suspicion"}
    assert (shapes[FORMER]["nb_recepisses"], shapes[MART]["nb_recepisses"]) == ("integer", "text")
    for mart in (MART, FORMER):
        assert asked(warehouse, ACCEPTED.format(mart)) == ["cde-001", "cde-002"]


def test_both_versions_answer_as_known_on_a_day(versions: tuple[Warehouse, Settings]) -> None:
    warehouse, _ = versions
    for mart in (MART, FORMER):
        assert asked(warehouse, ACCEPTED.format(mart), day="2024-01-31") == ["cde-001"]


def test_the_former_version_goes_on_from_the_rows_of_earlier_releases(versions: tuple[Warehouse, Settings]) -> None:
    warehouse, project = versions
    assert asked(warehouse, ACCEPTED.format(FORMER), number=1) == ["cde-001"]
    assert asked(warehouse, ACCEPTED.format(MART), number=1) == []  # that release did not have it
    ((lines,),) = warehouse.rows("select count(*) from marts.suivi_retours")
    assert warehouse.rows("select parution_id, mart, lignes from entrepot.parution_mart order by 1, 2") == [
        (1, FORMER, lines), (2, MART, lines), (2, FORMER, lines),
    ]  # fmt: skip
    keys = {mart: shape.key for mart, shape in catalogue(project.dbt_dir).items()}
    with connect(project) as connection:
        found = published.differences(connection, keys, 1, 2)
    assert {row.kind for row in found[MART]} == {"ajoutee"}
    assert [row.key for row in found[FORMER] if "nb_recepisses" in row.columns] == ["cde-002/2023-T4"]


def test_an_analysts_own_view_stays_on_the_version_it_was_written_for(versions: tuple[Warehouse, Settings]) -> None:
    warehouse, _ = versions
    assert warehouse.rows("select count(*) from public.mine") == warehouse.rows(
        "select count(*) from marts.suivi_retours_v1"
    )


def test_the_former_version_says_until_when_it_is_there(versions: tuple[Warehouse, Settings]) -> None:
    warehouse, project = versions
    ((told,),) = warehouse.rows("select obj_description('marts.suivi_retours_v1'::regclass)")
    assert told.startswith("Version 1, remplacée par suivi_retours ; À retirer le 2027-06-30. Ce qui est dû")
    assert retired(project) == [(FORMER, "Version 1, remplacée par suivi_retours ; À retirer le 2027-06-30.")]
    with pytest.raises(FigureError, match="a former version of suivi_retours"):
        parse_figure("suivi_retours_v1/cde-001/2023-T4/nb_rejetes", project)


def test_the_ledger_lets_it_pass_once_announced_in_time(versions: tuple[Warehouse, Settings]) -> None:
    _, settings = versions
    project = Project(json.loads((settings.state_dir / "dbt" / "manifest.json").read_text("utf-8")))
    assert project.readers(project.marts[MART]) != []
    assert project.readers(project.marts[FORMER]) == []
    before = ledger.load(settings)

    in_time = list(ledger.compare(before, project, date(2026, 12, 1)))
    assert [(change.mart, change.text, change.refused) for change in in_time] == [
        (
            MART,
            "version 2 : colonne `constats_suspicion` retirée,"
            " colonne `nb_recepisses` : integer not null devient text.",
            "",
        ),
        (FORMER, "version 1 de `suivi_retours`, gardée jusqu'au 2027-06-30.", ""),
    ]
    (too_late,) = [change for change in ledger.compare(before, project, date(2027, 1, 15)) if change.refused]
    assert (too_late.mart, "2027-07-15 or later" in too_late.refused) == (FORMER, True)
