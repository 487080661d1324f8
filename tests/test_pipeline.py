"""The whole way on a small set, against a real PostgreSQL: what changes, what does not, what is refused."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import psycopg
import pytest

from entrepot import pipeline
from entrepot.errors import ReleaseRefusedError
from entrepot.receipts.store import ByteStore
from entrepot.settings import Settings
from entrepot.warehouse.postgres import Server

from .conftest import Warehouse, new_warehouse

# The staging and mart models run on every server elsewhere (tests/dbt); here one is enough.

FACTS = """
select mart, territoire_id, trimestre, md5(string_agg(ligne, '|' order by ligne))
from (
    select 'fct_actions', territoire_id, trimestre, (to_jsonb(f) - 'recepisse_id')::text from marts.fct_actions as f
    union all
    select 'fct_beneficiaires', territoire_id, trimestre, (to_jsonb(f) - 'recepisse_id')::text
    from marts.fct_beneficiaires as f
    union all
    select 'fct_gouvernance', territoire_id, trimestre, (to_jsonb(f) - 'recepisse_id')::text
    from marts.fct_gouvernance as f
    union all
    select 'fct_partenariats', territoire_id, trimestre, (to_jsonb(f) - 'recepisse_id')::text
    from marts.fct_partenariats as f
) as facts (mart, territoire_id, trimestre, ligne)
group by mart, territoire_id, trimestre
"""

# A return in force whose first action has a number of occurrences, and where that cell is.
A_CELL = """
select recepisse.recepisse_id, empreinte, territoire_id, trimestre, feuille.nom, ligne.ligne,
    (tableau.colonnes ->> 'occurrences')::int
from entrepot.recepisse
inner join marts.suivi_retours using (recepisse_id, territoire_id, trimestre)
inner join marts.fct_actions using (recepisse_id, territoire_id, trimestre)
inner join brut.tableau using (recepisse_id)
inner join brut.feuille using (recepisse_id, feuille)
inner join brut.ligne using (recepisse_id, feuille, ligne)
where recepisse.format = 'xlsx' and fct_actions.occurrences_etat = 'saisi' and fct_actions.comptee
    and tableau.tableau = 'actions' and recepisse.trimestre = '2023-T2'
order by 1, 6 limit 1
"""


@pytest.fixture
def copy(published_warehouse: Warehouse, server: Server, tmp_path: Path) -> Iterator[Warehouse]:
    """The published warehouse again, free to be changed, with its bytes."""
    shutil.copytree(published_warehouse.settings.store_url, tmp_path / "octets")
    with new_warehouse(server, tmp_path, published_warehouse.url.rsplit("/", 1)[1]) as warehouse:
        yield warehouse


def facts(warehouse: Warehouse) -> dict[tuple[str, str, str], str]:
    return {(mart, territory, quarter): digest for mart, territory, quarter, digest in warehouse.rows(FACTS)}


def with_project(warehouse: Warehouse, folder: Path) -> Settings:
    """Settings that take dbt models and rules from a copy of the project, free to be broken."""
    for name in ("dbt_project", "expectations"):
        shutil.copytree(
            warehouse.settings.project_dir / name, folder / name, ignore=shutil.ignore_patterns("target", "logs")
        )
    return warehouse.settings.model_copy(update={"project_dir": folder})


def test_a_corrected_return_changes_its_territory_and_quarter_and_nothing_else(copy: Warehouse, tmp_path: Path) -> None:
    ((receipt, digest, territory, quarter, sheet, line, column),) = copy.rows(A_CELL)
    corrected = tmp_path / "corrigé.xlsx"
    corrected.write_bytes(ByteStore(copy.settings.store_url).get(digest))
    workbook = openpyxl.load_workbook(corrected)
    workbook[sheet].cell(line, column).value = 4321
    workbook.save(corrected)
    before = facts(copy)

    pipeline.receive(copy.settings, [corrected], datetime(2026, 5, 1, tzinfo=UTC))
    publication = pipeline.run(copy.settings, [quarter])

    assert publication.parution_id == 2
    after = facts(copy)
    assert {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)} == {
        ("fct_actions", territory, quarter)
    }
    assert copy.rows(
        "select occurrences from marts.fct_actions where territoire_id = %s and trimestre = %s and ligne = %s",
        territory, quarter, line,
    ) == [(4321,)]  # fmt: skip
    assert copy.rows("select verdict from entrepot.recepisse where recepisse_id = %s", receipt) == [("accepte",)]


def totals(warehouse: Warehouse, day: str = "") -> object:
    """What readers see of the activity, now or as known on a day."""
    with psycopg.connect(warehouse.reader_url) as reader:
        reader.execute("select set_config('entrepot.au', %s, false)", [day])
        return reader.execute("select count(*), sum(valeur_cumul) from marts.bilan_axes").fetchone()


def test_only_the_warehouse_looks_at_releases_that_are_not_shown(copy: Warehouse) -> None:
    for url, allowed in ((copy.url, True), (copy.reader_url, False)):
        with psycopg.connect(url) as connection:
            connection.execute("select set_config('entrepot.parution', '1', false)")
            if allowed:
                assert connection.execute("select count(*) > 0 from marts.bilan_axes").fetchone() == (True,)
            else:
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match=r"entrepot\.parution"):
                    connection.execute("select count(*) from marts.bilan_axes")


def test_nothing_new_publishes_nothing(copy: Warehouse) -> None:
    assert pipeline.run(copy.settings).parution_id is None
    assert copy.rows("select count(*) from entrepot.parution") == [(1,)]


def test_a_broken_mart_is_refused_with_its_reason_and_readers_keep_the_previous_release(
    copy: Warehouse, tmp_path: Path
) -> None:
    settings = with_project(copy, tmp_path / "project")
    before, then = totals(copy), totals(copy, "2024-03-26")
    with (settings.dbt_dir / "models/faits/int_actions.sql").open("a") as model:
        model.write("where lues.ligne % 2 = 0\n")  # loses half of the actions

    with pytest.raises(ReleaseRefusedError, match="did not pass its audit"):
        pipeline.publish(settings)

    assert totals(copy) == before
    assert totals(copy, "2024-03-26") == then != before
    assert copy.rows("select parution_id from marts.parution") == [(1,)]
    ((status, reason),) = copy.rows("select statut, motif from entrepot.parution where parution_id = 2")
    assert status == "refusee"
    assert "fct_actions" in reason

    with pytest.raises(ReleaseRefusedError, match="Nothing changed since the audit refused"):
        pipeline.publish(settings)
    assert copy.rows("select max(parution_id) from entrepot.parution") == [(2,)]


def test_a_changed_rule_checks_everything_again(copy: Warehouse, tmp_path: Path) -> None:
    settings = with_project(copy, tmp_path / "project")
    rules = settings.expectations_dir / "stg_gouvernance.yaml"
    ((etp,),) = copy.rows(
        "select min(valeur_nombre) from marts.fct_gouvernance where question = 'etp' and etat = 'saisi'"
    )
    text = rules.read_text(encoding="utf-8")
    rules.write_text(text.replace("etp_plausible: 20", f"etp_plausible: {etp}"), encoding="utf-8")
    assert rules.read_text(encoding="utf-8") != text
    suspicions = "select count(*) from entrepot.constat where regle = 'GOU-01'"
    ((before,),) = copy.rows(suspicions)
    kept = copy.rows("select count(*) from entrepot.constat where severite = 'structure'")

    checked = pipeline.check(settings)

    assert checked == copy.rows("select count(*) from entrepot.recepisse where verdict = 'accepte'")[0][0]
    assert copy.rows(suspicions)[0][0] > before
    assert copy.rows("select count(*) from entrepot.constat where severite = 'structure'") == kept
