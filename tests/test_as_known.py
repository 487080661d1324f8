"""What was known when: old answers stay, changes are explained to the unit, releases can be gone back to."""

import csv
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import psycopg
import pytest

from entrepot import pipeline
from entrepot.errors import EntrepotError
from entrepot.receipts.store import ByteStore
from entrepot.restitution.explain import Explanation, explain
from entrepot.restitution.figures import catalogue, parse_figure
from entrepot.warehouse import published
from entrepot.warehouse.postgres import Server

from .conftest import Warehouse, new_warehouse
from .test_pipeline import copy, with_project  # noqa: F401 - a fixture

MARTS = ("bilan_axes", "bilan_gouvernance", "bilan_partenariats", "controle_chiffres_publies", "dim_territoire",
         "fct_actions", "fct_beneficiaires", "fct_gouvernance", "suivi_retours")  # fmt: skip
DAYS = ("2022-06-30", "2023-02-14", "2024-03-26", "2024-08-01 12:00+02", "2025-03-01")

# An action of a 2024 return that took place, counts occurrences, and whose cells are known.
AN_ACTION = """
select recepisse.recepisse_id, empreinte, territoire_id, trimestre, axe, feuille.nom, ligne.ligne,
    (tableau.colonnes ->> 'occurrences')::int, (tableau.colonnes ->> 'statut')::int, occurrences
from entrepot.recepisse
inner join marts.fct_actions using (recepisse_id, territoire_id, trimestre)
inner join brut.tableau using (recepisse_id)
inner join brut.feuille using (recepisse_id, feuille)
inner join brut.ligne using (recepisse_id, feuille, ligne)
where recepisse.format = 'xlsx' and fct_actions.occurrences > 0 and fct_actions.comptee and numero is not null
    and tableau.tableau = 'actions' and recepisse.trimestre = '2024-T2'
order by 1, 7 limit 2
"""


def answers(warehouse: Warehouse, days: tuple[str, ...] = DAYS) -> dict[tuple[str, str], tuple[object, ...]]:
    """Every mart as known at some days: number of rows, and a digest of them."""
    found = {}
    with psycopg.connect(warehouse.reader_url) as connection:
        for day in days:
            connection.execute("select set_config('entrepot.au', %s, false)", [day])
            for mart in MARTS:
                row = connection.execute(
                    f"select count(*), sum(hashtextextended(to_jsonb(m)::text, 0)::numeric) from marts.{mart} as m"
                ).fetchone()
                assert row is not None
                found[day, mart] = row
    return found


@pytest.fixture(scope="module")
def corrected(
    published_warehouse: Warehouse, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Warehouse, dict[str, object]]]:
    """A second release: a return sent again, with one action cancelled and another counted 40 more times."""
    folder = tmp_path_factory.mktemp("corrected")
    shutil.copytree(published_warehouse.settings.store_url, folder / "octets")
    with new_warehouse(server, folder, published_warehouse.url.rsplit("/", 1)[1]) as warehouse:
        first, second = warehouse.rows(AN_ACTION)
        receipt, digest, territory, quarter, axis, sheet, line, occurrences, status, cancelled = first
        assert (second[0], second[4]) == (receipt, axis)
        before = answers(warehouse)
        path = folder / "de nouveau.xlsx"
        path.write_bytes(ByteStore(warehouse.settings.store_url).get(digest))
        workbook = openpyxl.load_workbook(path)
        workbook[sheet].cell(line, status).value = "Annulée"
        workbook[sheet].cell(second[6], occurrences).value = second[9] + 40
        workbook.save(path)
        pipeline.receive(warehouse.settings, [path], datetime(2026, 5, 1, tzinfo=UTC))
        assert pipeline.run(warehouse.settings).parution_id == 2
        yield warehouse, {
            "before": before, "territory": territory, "quarter": quarter, "axis": axis, "cancelled": cancelled,
        }  # fmt: skip


def explained(warehouse: Warehouse, figure: str, a: int = 1, b: int = 2) -> Explanation:
    with psycopg.connect(warehouse.url) as connection:
        return explain(connection, parse_figure(figure, warehouse.settings), a, b)


def test_a_new_receipt_changes_the_present_and_no_past_answer(corrected: tuple[Warehouse, dict[str, object]]) -> None:
    warehouse, facts = corrected
    assert answers(warehouse) == facts["before"]
    now, then = answers(warehouse, ("", "2026-04-30"))["", "fct_actions"], answers(warehouse, ("2026-04-30",))
    assert then["2026-04-30", "fct_actions"] != now
    assert answers(warehouse, ("2026-05-01",))["2026-05-01", "fct_actions"] == now


def test_every_change_adds_up_and_cancelled_actions_are_told_apart(
    corrected: tuple[Warehouse, dict[str, object]],
) -> None:
    warehouse, facts = corrected
    place = f"{facts['quarter']}/france/FR/{facts['axis']}"
    found = explained(warehouse, f"bilan_axes/{place}/occurrences/valeur_cumul")
    assert {part.cause: part.amount for part in found.parts} == {
        "correction": Decimal(40),
        "action_annulee": -Decimal(str(facts["cancelled"])),
    }
    assert {part.territoire_id for part in found.parts} == {facts["territory"]}
    assert sum(part.amount for part in found.parts) == found.change
    back = explained(warehouse, f"bilan_axes/{place}/occurrences/valeur_cumul", 2, 1)
    assert (back.change, sum(part.amount for part in back.parts)) == (-found.change, -found.change)

    keys = {name: shape.key for name, shape in catalogue(warehouse.settings.dbt_dir).items()}
    with psycopg.connect(warehouse.url) as connection:
        changed = published.differences(connection, keys, 1, 2)
        figures = [f"bilan_axes/{row.key}/{column}" for row in changed["bilan_axes"] for column in sorted(row.columns)]
        assert len(figures) >= 6
        for figure in figures:
            one = explain(connection, parse_figure(figure, warehouse.settings), 1, 2)
            assert sum(part.amount for part in one.parts) == one.change != 0, figure
        with pytest.raises(EntrepotError, match="is no number"):
            explain(connection, parse_figure("dim_trimestre/2024-T2/libelle", warehouse.settings), 1, 2)


def test_going_back_to_a_release_is_seen_at_once_and_undone_as_well(
    corrected: tuple[Warehouse, dict[str, object]],
) -> None:
    warehouse, _ = corrected
    query = "select sum(valeur_trimestre) from marts.bilan_axes where indicateur = 'occurrences'"
    after = warehouse.rows(query)
    with psycopg.connect(warehouse.url) as connection:
        published.roll_back(connection, 1, "a test")
        before = warehouse.rows(query)
        assert before != after
        assert warehouse.rows("select parution_id from marts.parution") == [(1,)]
        assert warehouse.rows("select max(recu_le) < '2026-05-01' from marts.suivi_retours") == [(True,)]
        with pytest.raises(EntrepotError, match="is the one that readers see"):
            published.roll_back(connection, 1, "again")
        with pytest.raises(EntrepotError, match="no release 9"):
            published.roll_back(connection, 9, "a test")
        published.roll_back(connection, 2, "mended")
    assert warehouse.rows(query) == after
    assert warehouse.rows("select parution_id, motif from entrepot.bascule order by 1, 2") == [
        (1, "a test"),
        (1, "publication"),
        (2, "mended"),
        (2, "publication"),
    ]


def test_changed_reference_data_is_known_from_its_release_on(copy: Warehouse, tmp_path: Path) -> None:  # noqa: F811
    settings = with_project(copy, tmp_path / "project")
    before = answers(copy)
    seed = settings.seeds_dir / "ref_territoires.csv"
    with seed.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    ((territory, region),) = copy.rows(
        "select territoire_id, dim_territoire.region from marts.dim_territoire"
        " inner join marts.suivi_retours using (territoire_id)"
        " where est_actuel and suivi_retours.etat = 'accepte' order by 1 limit 1"
    )
    moved = next(row["region"] for row in rows if row["region"] != region)
    for row in rows:
        row["region"] = moved if row["territoire_id"] == territory else row["region"]
    with seed.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)

    publication = pipeline.run(settings)

    assert publication.parution_id == 2
    assert answers(copy) == before
    assert copy.rows("select region from marts.dim_territoire where est_actuel and territoire_id = %s", territory) == [
        (moved,)
    ]
    ((code,),) = copy.rows("select code_region from reference.ref_regions where nom = %s", moved)
    found = explained(copy, f"bilan_axes/2024-T4/region/{code}/recenser_federer/actions/valeur_cumul")
    assert {part.cause for part in found.parts} == {"referentiel"}
    assert found.change > 0
