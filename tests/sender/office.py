"""A warehouse with a few territories that owe returns, and files that arrive (all fictitious)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import Any

from entrepot import pipeline
from entrepot.sender.calendar import PARIS
from entrepot.settings import Settings
from entrepot.warehouse.postgres import Server
from tests.conftest import Warehouse, new_warehouse
from tests.forms.form import answer, filled, write_xlsx

TERRITORIES = {"cde-001": "Bretagne", "cde-002": "Bretagne", "cde-003": "Normandie", "cde-045": "Normandie"}
QUARTER, DUE = "2024-T4", date(2025, 2, 14)
QUARTERS = {"2024-T3": date(2024, 11, 14), QUARTER: DUE}

_REFERENCE = """
create schema if not exists reference;
create table reference.ref_territoires (territoire_id text, nom text, region text);
create table reference.ref_trimestres (trimestre text, echeance date);
create table reference.ref_dispenses (
    territoire_id text, premier_trimestre text, dernier_trimestre text, motif text, decidee_le date
)
"""

_CLEAR = """
delete from entrepot.courrier;
delete from entrepot.constat;
delete from entrepot.traitement;
delete from entrepot.presentation;
delete from brut.ligne;
delete from brut.tableau;
delete from brut.feuille;
delete from entrepot.recepisse;
delete from reference.ref_dispenses
"""

_RECEIPT = """
insert into entrepot.recepisse
    (empreinte, taille, nom_fichier, canal, recu_le, genre, format, territoire_id, trimestre, millesime, verdict,
     verdict_le, motif)
values (%s, 1, %s, 'depot', %s, %s, 'xlsx', %s, %s, '2024', %s, now(), %s)
returning recepisse_id
"""


@dataclass
class Office:
    """A warehouse where mail is written.

    Attributes:
        settings: of the warehouse, without a mail server.
        folder: for files.
    """

    warehouse: Warehouse
    folder: Path
    _numbers: "count[int]" = field(default_factory=count)

    @property
    def settings(self) -> Settings:
        return self.warehouse.settings

    def execute(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run a statement, and commit; its rows, if it has any."""
        with self.warehouse.connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            rows = cursor.fetchall() if cursor.description else []
        self.warehouse.connection.commit()
        return rows

    def receipt(
        self,
        territory: str,
        arrival: str,
        verdict: str = "accepte",
        *,
        quarter: str = QUARTER,
        kind: str = "retour",
        steps: tuple[str, ...] = ("controle", "publication"),
        motif: str = "La feuille Actions manque.",
    ) -> int:
        """Record a file of a territory, at an hour of Paris (`2025-02-10 09:00`), with the steps it went through."""
        at = datetime.fromisoformat(arrival).replace(tzinfo=PARIS)
        said = motif if verdict == "rejete" else None
        number = next(self._numbers)
        ((receipt,),) = self.execute(
            _RECEIPT, f"{number:064}", f"retour {number}.xlsx", at, kind, territory, quarter, verdict, said
        )
        if verdict == "accepte" and steps:
            self.execute(
                "insert into entrepot.traitement (recepisse_id, etape) select %s, unnest(%s::text[])", receipt, [*steps]
            )
        return int(receipt)

    def exempt(self, territory: str, decided: date, quarter: str = QUARTER) -> None:
        """Exempt a territory from the return of a quarter."""
        self.execute(
            "insert into reference.ref_dispenses values (%s, %s, %s, 'Fusion de deux cités (exemple fictif).', %s)",
            territory, quarter, quarter, decided,
        )  # fmt: skip

    def receive(self, content: bytes, name: str = "retour.xlsx", sender: str | None = None) -> int:
        """Take a file in that has just arrived; its receipt."""
        depot = self.folder / f"depot {next(self._numbers)}"
        depot.mkdir()
        (depot / name).write_bytes(content)
        if sender:
            now = datetime.now(PARIS).isoformat()
            (depot / "bordereau.csv").write_text(f"fichier;recu_le;expediteur\n{name};{now};{sender}\n", "utf-8")
        (outcome,) = pipeline.receive(self.settings, [depot]).outcomes
        return outcome.recepisse_id

    def checked(self, receipt: int) -> None:
        """Let the cells of a return be checked."""
        self.execute("insert into entrepot.traitement (recepisse_id, etape) values (%s, 'controle')", receipt)

    def contacts(self, *lines: str) -> str:
        """A file of contacts."""
        path = self.folder / "contacts.csv"
        path.write_text("\n".join(["territoire_id;courriel;copies", *lines]) + "\n", "utf-8")
        return str(path)


def a_return(
    territory: str = "cde-045",
    typed: str | None = None,
    *,
    complete: bool = True,
    bearer: str = "Structure fictive",
) -> bytes:
    """A return for the quarter; a sheet is missing where it is not complete."""
    book = filled("2024", QUARTER)
    answer(book, "Identifiant de la cité", territory)
    answer(book, "Courriel du référent", typed)
    answer(book, "Structure porteuse", bearer)
    if not complete:
        del book["Actions"]
    return write_xlsx(book)


@contextmanager
def open_office(server: Server, folder: Path) -> Iterator[Office]:
    """A migrated warehouse with the reference data that mail needs."""
    with new_warehouse(server, folder / "state") as warehouse:
        office = Office(warehouse, folder)
        office.execute(_REFERENCE)
        for territory, region in TERRITORIES.items():
            name = f"Cité fictive {territory[-2:]}"
            office.execute("insert into reference.ref_territoires values (%s, %s, %s)", territory, name, region)
        for quarter, due in QUARTERS.items():
            office.execute("insert into reference.ref_trimestres values (%s, %s)", quarter, due)
        yield office


def clear(office: Office) -> None:
    """Forget what arrived and what was mailed (a few rows: deleting is quicker than truncating)."""
    office.execute(_CLEAR)
