"""What exposures say that readers read is what they do read.

Of marts, the server itself says which ones a statement read: it holds a lock on each view until the transaction ends.
No SQL is parsed, and nothing that is put together at run time escapes.
"""

import ast
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from entrepot.alerts import states
from entrepot.forms.blank import declared as blank_form
from entrepot.restitution import explain, page, workbook
from entrepot.restitution.bilan import CHAPTERS
from entrepot.restitution.figures import catalogue
from entrepot.restitution.marts import Marts, read_published
from entrepot.restitution.trace import trace
from entrepot.sender import acknowledgement, calendar, contacts, findings, marked_copy, reminders
from entrepot.settings import Settings

from ..conftest import Warehouse

SETTINGS = Settings()
FILE = SETTINGS.dbt_dir / "models" / "exposures.yml"
GUIDE = SETTINGS.project_dir / "docs" / "guide-analyste.md"
NAMED = re.compile(r"'(\w+)'\)$")
LOCKED = """
select relname from pg_locks inner join pg_class on pg_class.oid = relation
where pid = pg_backend_pid() and relnamespace = 'marts'::regnamespace and relkind = 'v' and relname <> 'parution'
"""
QUARTER = "2023-T4"  # of a campaign


def declared(name: str) -> set[str]:
    """Names of the models, seeds and sources that an exposure depends on."""
    exposures = yaml.safe_load(FILE.read_text("utf-8"))["exposures"]
    (found,) = [exposure["depends_on"] for exposure in exposures if exposure["name"] == name]
    return {match[1] for text in found if (match := NAMED.search(text))}


@contextmanager
def marts_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Marts that any statement of this process reads meanwhile."""
    read: set[str] = set()
    execute = psycopg.Cursor.execute

    def watched(self: psycopg.Cursor[Any], *arguments: Any, **options: Any) -> psycopg.Cursor[Any]:
        alone = self.connection.info.transaction_status == TransactionStatus.IDLE and self.connection.autocommit
        with self.connection.cursor(row_factory=tuple_row) as aside:
            if alone:
                execute(aside, "begin")
            result = execute(self, *arguments, **options)
            read.update(name for (name,) in execute(aside, LOCKED).fetchall())
            if alone:
                execute(aside, "commit")
        return result

    with monkeypatch.context() as patched:
        patched.setattr(psycopg.Cursor, "execute", watched)
        yield read


def test_the_report_reads_what_its_exposures_declare(
    published_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def write(connection: psycopg.Connection[dict[str, Any]]) -> None:
        marts = Marts(connection, QUARTER)
        chapters = [subject.chapter(marts) for subject in CHAPTERS]
        workbook.write(tmp_path / "bilan.xlsx", marts, chapters)
        assert read == declared("bilan_national_classeur")
        page.render(marts, chapters, SETTINGS)

    with marts_read(monkeypatch) as read:
        read_published(published_warehouse.reader_url, write)
    assert read == declared("bilan_national_page")


def test_any_mart_with_a_key_can_be_traced_to_its_cells(
    published_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = "bilan_axes/2024-T1/france/FR/recenser_federer/occurrences/valeur_trimestre"
    with marts_read(monkeypatch) as read:
        trace(published_warehouse.reader_url, SETTINGS, figure)
    asked = {shape for shape in catalogue(SETTINGS.dbt_dir) if not shape.startswith("rapport_")}
    assert read >= {"bilan_axes", "fct_actions", "provenance"}
    assert read | asked == declared("chemin_d_un_chiffre")


def test_the_guide_reads_what_its_exposure_declares(
    published_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    with marts_read(monkeypatch) as read, psycopg.connect(published_warehouse.reader_url) as connection:
        for block in re.findall(r"^```sql\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL):
            connection.execute(block.encode())
    assert read == declared("guide_de_l_analyste")


def test_any_number_of_a_mart_can_be_explained() -> None:
    asked = {
        shape.mart
        for shape in catalogue(SETTINGS.dbt_dir).values()
        if not shape.mart.startswith("rapport_")
        and any(kind.startswith(tuple(explain.NUMERIC)) for kind in shape.types.values())
    }
    assert asked | relations(explain) - {"parution"} == declared("ecart_entre_parutions")


def test_the_blank_form_reads_what_its_exposure_declares() -> None:
    assert relations(blank_form) == declared("formulaire_vierge")


def test_alerts_read_what_their_exposure_declares() -> None:
    registers = {"avis", "avis_regle", "silence"}  # of ours: dbt does not read them
    assert relations(states) - registers == declared("alertes")


def test_no_other_module_reads_a_mart() -> None:
    """A new reader is declared as an exposure, and proven above, before its module is named here."""
    package = SETTINGS.project_dir / "src" / "entrepot"
    readers = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if any(re.search(r"\b(?:from|join)\s+marts\.(?!parution\b)\w", text) for text in statements(path))
    }
    assert readers == {
        "alerts/states.py",
        "forms/blank/declared.py",
        "restitution/explain.py",
        "restitution/sources.py",
    }
    queries = {path.parent.relative_to(package).as_posix() for path in package.rglob("*.sql")}
    assert queries == {"restitution/queries", "warehouse/migrations/versions"}


@pytest.mark.parametrize(
    ("exposure", "modules"),
    [
        ("reponses_aux_cites", (acknowledgement, contacts, findings, marked_copy)),
        ("calendrier_et_relances", (calendar, contacts, reminders)),
    ],
)
def test_what_answers_before_any_release_reads_no_mart(exposure: str, modules: tuple[Any, ...]) -> None:
    # Of these tables, views read others in turn: the statements name what is read first.
    own = {"courrier", "presentation"}  # registers of ours that dbt does not read, and so does not declare
    assert set().union(*map(relations, modules)) - own == declared(exposure)


def statements(path: Path) -> list[str]:
    """The statements written in a module."""
    return [
        node.value
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.search(r"\bselect\b|\bupdate\b", node.value)
    ]


def relations(module: Any) -> set[str]:
    """Names of the tables and views that the statements written in a module name, with their schema."""
    named = re.compile(r"\b(?:from|join|into|update)\s+(?:marts|calcul|preparation|reference|entrepot|brut)\.(\w+)")
    return {name for text in statements(Path(module.__file__)) for name in named.findall(text)}
