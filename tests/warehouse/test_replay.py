"""Everything can be made again from the receipts: the present, and each release; what was tampered with shows."""

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from entrepot import pipeline
from entrepot.cli import app
from entrepot.errors import EntrepotError, ReleaseRefusedError
from entrepot.restitution.figures import catalogue
from entrepot.settings import Settings
from entrepot.warehouse.engine import migrate, owner_url
from entrepot.warehouse.postgres import OWNER, Server
from entrepot.warehouse.rebuild import Rebuilt, rebuild, wanted
from entrepot.warehouse.replay import Replayed, compare_release, replay_database

from ..conftest import Warehouse, new_warehouse
from ..receipts.ledger import a_return, ledger, line

# Releases that are published; the one between them is refused.
FIRST, LAST = 1, 3
Row = tuple[Any, ...]
DAY = datetime(2024, 2, 1, 9, 0, tzinfo=UTC)
BEFORE, QUARTER, AFTER = "2022-T3", "2022-T4", "2023-T1"
CORRECTED, WITHDRAWN, LATE, NEW = "cde-045", "cde-046", "cde-047", "cde-048"
# Releases; in each, files: content, day of arrival, name.
STORY: list[list[tuple[bytes, int, str]]] = [
    [
        (a_return(CORRECTED, BEFORE, etp=2), 0, "a.xlsx"),
        (a_return(CORRECTED, QUARTER), 1, "b.xlsx"),
        (a_return(WITHDRAWN, QUARTER), 2, "c.xlsx"),
        (a_return(LATE, QUARTER), 3, "d.xlsx"),
    ],
    [
        # Found late: the first return of another quarter, line for line the one of the quarter after it.
        (a_return(LATE, BEFORE), 2, "e.xlsx"),
        # Found late, and older than the one that is in force.
        (a_return(LATE, QUARTER, etp=3), 1, "f.xlsx"),
        (b"this is no form", 4, "g.xlsx"),
        (a_return(NEW, AFTER), 5, "h.xlsx"),
        (
            ledger(
                line("Actions", 1, "Nombre d'occurrences", 3, 30, cite=CORRECTED, quarter=QUARTER),
                line("Retour", None, "Retrait", "c.xlsx", None, cite=WITHDRAWN, quarter=QUARTER),
            ),
            6,
            "registre.xlsx",
        ),
    ],
]


@dataclass
class Story:
    """A warehouse with two releases and a refused one between them, and what was seen of it.

    Attributes:
        said: what `entrepot replay --keep` said.
        replayed: the replay, in the database that it kept.
        around_refusal: what readers saw before the refused release, and after it.
    """

    warehouse: Warehouse
    said: str
    replayed: Replayed
    around_refusal: tuple[list[Row], list[Row]]

    def rebuilt(self, settings: Settings, *numbers: int) -> list[Rebuilt]:
        return list(rebuild(settings, self.replayed, keys(settings), wanted(settings, numbers)))


def keys(settings: Settings) -> dict[str, tuple[str, ...]]:
    return {mart: shape.key for mart, shape in catalogue(settings.dbt_dir).items()}


@pytest.fixture(scope="session")
def story(server: Server, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("story")
    with new_warehouse(server, folder / "state", template=template) as warehouse:
        first, later = STORY
        receive(warehouse.settings, folder, first)
        pipeline.run(warehouse.settings)
        before = seen(warehouse)
        receive(warehouse.settings, folder, later[:3])
        with pytest.MonkeyPatch.context() as audit, pytest.raises(ReleaseRefusedError):
            audit.setattr(pipeline, "_audit", refuse)
            pipeline.run(warehouse.settings)
        around_refusal = before, seen(warehouse)
        receive(warehouse.settings, folder, later[3:])
        pipeline.run(warehouse.settings)
        with pytest.MonkeyPatch.context() as environment:
            for name, value in variables(warehouse.settings).items():
                environment.setenv(name, value)
            said = CliRunner().invoke(app, ["replay", "--keep"])
        there = SecretStr(f"{warehouse.url}_rejeu")
        settings = warehouse.settings.model_copy(update={"database_url": there})
        yield Story(warehouse, said.output, Replayed(settings, LAST, (), 0, None), around_refusal)
    with server.superuser() as connection:
        connection.execute(f"drop database if exists {warehouse.url.rsplit('/', 1)[1]}_rejeu with (force)")


def receive(settings: Settings, folder: Path, files: Sequence[tuple[bytes, int, str]]) -> None:
    for content, day, name in files:
        (folder / name).write_bytes(content)
        pipeline.receive(settings, [folder / name], DAY + timedelta(days=day))


def refuse(*_: object) -> None:
    raise ReleaseRefusedError("The audit found a fault.")


@pytest.fixture
def copy(story: Story, server: Server, tmp_path: Path) -> Iterator[Warehouse]:
    """The same warehouse with its bytes, free to be broken."""
    shutil.copytree(story.warehouse.settings.store_url, tmp_path / "octets")
    with new_warehouse(server, tmp_path, story.warehouse.url.rsplit("/", 1)[1]) as warehouse:
        yield warehouse


def variables(settings: Settings) -> dict[str, str]:
    return {
        "ENTREPOT_DATABASE_URL": owner_url(settings),
        "ENTREPOT_STATE_DIR": str(settings.state_dir),
        "COLUMNS": "200",
    }


def test_a_replay_gives_the_same_marts(story: Story) -> None:
    assert f"Release {LAST} and its replay are equal" in story.said, story.said
    assert story.said.count(" yes ") == len(
        story.warehouse.rows("select from pg_views where schemaname = 'marts' and viewname <> 'parution'")
    )


def test_every_release_is_rebuilt_as_it_was_published(story: Story) -> None:
    rebuilt = story.rebuilt(story.warehouse.settings)
    assert [again.sentence.split(": ")[1].split(",")[0] for again in rebuilt] == ["equal", "equal"]
    # The two are not the same: what is compared with the first is not the second.
    rows = [{mart.mart: mart.original for mart in again.marts} for again in rebuilt]
    assert rows[0]["fct_actions"] != rows[1]["fct_actions"]


def test_a_refused_release_changes_nothing_for_readers(story: Story) -> None:
    before, after = story.around_refusal
    assert before == after
    assert seen(story.warehouse) != before


def seen(warehouse: Warehouse) -> list[Row]:
    """What readers see of some marts, now and as known when the first release was published."""
    found = []
    with psycopg.connect(warehouse.reader_url) as reader:
        for moment in ("", str(DAY + timedelta(days=3))):
            reader.execute("select set_config('entrepot.au', %s, false)", [moment])
            for mart in ("bilan_axes", "bilan_beneficiaires", "bilan_gouvernance", "bilan_retours", "fct_actions"):
                query = f"select count(*), sum(hashtextextended(rows::text, 0)::numeric) from marts.{mart} as rows"
                found += reader.execute(query.encode()).fetchall()
    return found


def test_a_row_changed_by_hand_is_named(story: Story, copy: Warehouse) -> None:
    ((receipt, number),) = copy.rows(
        "update parutions.fct_actions set occurrences = 999 where parution_du = 1 and ligne = 5"
        " and territoire_id = %s returning recepisse_id, ligne",
        LATE,
    )
    (mart,) = [mart for mart in compare_release(copy.settings, story.replayed, keys(copy.settings)) if not mart.equal]
    assert (mart.mart, mart.differing) == ("fct_actions", 1)
    assert [(example.key, example.column, example.original, example.replay) for example in mart.examples] == [
        (f"{receipt}/{number}", "occurrences", "999", "3")
    ]
    first, second = story.rebuilt(copy.settings, FIRST, LAST)
    assert first.sentence.endswith(": rows differ (fct_actions 1).")
    assert second.sentence.endswith(": rows differ (fct_actions 1).")


def test_a_row_too_many_or_too_few_is_named(story: Story, copy: Warehouse) -> None:
    copy.rows("delete from parutions.dim_frein where frein = 'mobilite' returning 1")
    copy.rows("update parutions.dim_public set public = 'autre' where public = 'rsa' returning 1")
    assert {
        (mart.mart, example.key, example.original, example.replay)
        for mart in compare_release(copy.settings, story.replayed, keys(copy.settings))
        for example in mart.examples
    } == {
        ("dim_frein", "mobilite", "(missing)", "(there)"),
        ("dim_public", "autre", "(there)", "(missing)"),
        ("dim_public", "rsa", "(missing)", "(there)"),
    }


def test_what_another_method_made_is_told_apart(story: Story, copy: Warehouse) -> None:
    copy.rows("update entrepot.parution set methode = 'x', version_code = '0.0.1' where parution_id = 1 returning 1")
    copy.rows("update parutions.dim_frein set libelle = 'autrement' where frein = 'mobilite' returning 1")
    first, second = story.rebuilt(copy.settings)
    assert "rows differ by method (dim_frein 1): it was made by 0.0.1; check that version out" in first.sentence
    assert second.sentence.endswith(": rows differ (dim_frein 1).")


def test_comparing_leaves_readers_where_they_were(story: Story) -> None:
    list(compare_release(story.warehouse.settings, story.replayed, keys(story.warehouse.settings), 1))
    assert story.warehouse.rows("select parution_id from marts.parution") == [(LAST,)]


def test_bytes_that_were_altered_stop_the_replay(copy: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    ((digest,),) = copy.rows("select empreinte from entrepot.recepisse where nom_fichier = 'b.xlsx'")
    (Path(copy.settings.store_url) / digest[:2] / digest).write_bytes(b"other bytes")
    for name, value in variables(copy.settings).items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(app, ["replay"])
    assert isinstance(done.exception, EntrepotError)
    assert f"The bytes kept as {digest}" in str(done.exception)
    assert copy.rows("select 1 from pg_database where datname = current_database() || '_rejeu'") == []


def test_a_release_that_was_not_published_is_not_rebuilt(story: Story) -> None:
    with pytest.raises(EntrepotError, match="There is no release 7"):
        wanted(story.warehouse.settings, [7])


def test_an_account_that_may_not_create_databases_is_told_what_to_do(server: Server, warehouse: Warehouse) -> None:
    with server.superuser() as connection:
        connection.execute(f"alter role {OWNER} nocreatedb")
        try:
            with pytest.raises(EntrepotError, match="ENTREPOT_REPLAY_URL"), replay_database(warehouse.settings):
                pass
        finally:
            connection.execute(f"alter role {OWNER} createdb")


def test_a_given_database_must_be_empty_and_is_left_empty(server: Server, warehouse: Warehouse) -> None:
    given = warehouse.settings.model_copy(update={"replay_url": SecretStr(warehouse.url)})
    with pytest.raises(EntrepotError, match="not empty"), replay_database(given):
        pass
    name = f"test_{os.getpid()}_vide"
    with server.superuser() as connection:
        connection.execute(f"create database {name} owner {OWNER}")
        try:
            given.replay_url = SecretStr(server.url(OWNER, name))
            for _ in range(2):
                with replay_database(given) as there:
                    migrate(owner_url(there))
        finally:
            connection.execute(f"drop database {name}")
