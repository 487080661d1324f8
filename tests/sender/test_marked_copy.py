"""What a sender is sent back for each kind of file, and what is read when it comes back again."""

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pytest
from rich.console import Console
from typer.testing import CliRunner

from entrepot import pipeline
from entrepot.cli import app
from entrepot.errors import EntrepotError
from entrepot.forms.files.refusal import MAX_FILE_BYTES
from entrepot.forms.reader import read_return
from entrepot.forms.reference import Reference
from entrepot.receipts.store import ByteStore
from entrepot.sender import findings_cli
from entrepot.sender.marked_copy import MarkedCopy, marked_copy
from entrepot.sender.marked_workbook import SHEET
from entrepot.settings import Settings
from entrepot.warehouse.postgres import Server
from tests.conftest import Warehouse, new_warehouse
from tests.forms.form import (
    Book,
    answer,
    filled,
    in_odfdo,
    in_openpyxl,
    in_xlwt,
    place,
    saved,
    write_xlsx,
    zipped,
    zipped_csv,
)
from tests.receipts.ledger import a_return, ledger, line
from tests.sender.package import Package, faults
from tests.sender.test_marked_workbook import assert_theirs_is_untouched, calamine, comments
from tests.sender.workbooks import values

# Workbooks do not depend on the server; how findings are followed does (test_findings).
pytestmark = pytest.mark.parametrize("server", ["embedded"], indirect=True)

DAY = datetime(2024, 2, 1, 9, 0, tzinfo=UTC)
REFERENCE = Reference.load(Settings().seeds_dir)


@pytest.fixture
def desk(server: Server, template: str, tmp_path: Path) -> Iterator["Desk"]:
    with new_warehouse(server, tmp_path / "state", template=template) as fresh:
        yield Desk(fresh, tmp_path)


class Desk:
    """Takes files in, one a day, and gives their marked copies."""

    def __init__(self, warehouse: Warehouse, folder: Path) -> None:
        self.warehouse = warehouse
        self._folder = folder
        self._days = 0

    def receive(self, content: bytes, name: str = "retour.xlsx", *, checked: bool = True) -> int:
        """Take a file in; its cells are marked as checked, by the reader alone."""
        path = self._folder / name
        path.write_bytes(content)
        (outcome,) = pipeline.receive(self.warehouse.settings, [path], DAY + timedelta(days=self._days)).outcomes
        self._days += 1
        with psycopg.connect(self.warehouse.url) as connection:
            connection.execute(
                "insert into entrepot.traitement (recepisse_id, etape) select recepisse_id, 'controle'"
                " from entrepot.recepisse where verdict = 'accepte' and %s on conflict do nothing",
                [checked],
            )
        return outcome.recepisse_id

    def find(self, receipt: int, **said: Any) -> None:
        """Record a finding as the checks do."""
        usual = {
            "recepisse_id": receipt, "regle": "ACT-06", "severite": "valeur", "attendu": "au plus 12",
            "message": "« dont femmes » est trop grand.", "qui_corrige": "territoire", "tableau": "actions",
            "feuille": "Actions", "champ": "participants_femmes", "ligne": 5, "colonne": 12,
        }  # fmt: skip
        row = {**usual, **said}
        with psycopg.connect(self.warehouse.url) as connection:
            connection.execute(
                f"insert into entrepot.constat ({', '.join(row)}) values ({', '.join(['%s'] * len(row))})",
                list(row.values()),
            )

    def copy(self, receipt: int, dictionary: str = "") -> MarkedCopy:
        with psycopg.connect(self.warehouse.url) as connection:
            copy = marked_copy(connection, ByteStore(self.warehouse.settings.store_url), receipt, dictionary)
        assert faults(copy.content) == []
        return copy


def sheet(copy: MarkedCopy) -> list[list[str]]:
    """Filled cells of our sheet, row by row."""
    rows = openpyxl.load_workbook(io.BytesIO(copy.content))[SHEET].iter_rows(values_only=True)
    return [filled_cells for row in rows if (filled_cells := [str(cell) for cell in row if cell is not None])]


def text(copy: MarkedCopy) -> str:
    return "\n".join(" | ".join(row) for row in sheet(copy))


def with_an_extra_column() -> Book:
    book = filled("2022", "2023-T4")
    book["Actions"][3].append("Avis de la mairie")
    book["Actions"][4] += [None] * (len(book["Actions"][3]) - 1 - len(book["Actions"][4])) + ["favorable"]
    return book


def typed(copy: MarkedCopy, said: str, rule: str = "SUS-08") -> bytes:
    """The copy, with an answer typed to the first finding of a rule, as saved by openpyxl."""
    workbook = openpyxl.load_workbook(io.BytesIO(copy.content))
    ours = workbook[SHEET]
    header = [cell.value for cell in ours[4]]
    row = next(r for r in range(5, ours.max_row) if str(ours.cell(r, 1).value).startswith(f"{rule} – "))
    assert str(ours.cell(row + 1, header.index("Référence") + 1).value).startswith("R")
    ours.cell(row + 1, header.index("Votre réponse") + 1, said)
    return saved(workbook)


def test_the_senders_own_workbook_comes_back_marked(desk: Desk) -> None:
    content = write_xlsx(with_an_extra_column())
    receipt = desk.receive(content, "Retour Tours T4.xlsx")
    desk.find(receipt, valeur="2000")
    desk.find(receipt, valeur="2000", regle="LEC-20", severite="suspicion", message="Un compte exact ?")
    copy = desk.copy(receipt)

    assert copy.name == "Retour Tours T4 - retour ANCT.xlsx"
    assert_theirs_is_untouched(content, copy.content)
    (note,) = [note for cell, note in comments(copy.content).items() if cell == "L5"]
    assert note.splitlines()[1:4] == [
        "Erreur [ACT-06] « dont femmes » est trop grand.", "Vu : 2000", "Attendu : au plus 12",
    ]  # fmt: skip
    assert "Question [LEC-20] Un compte exact ?" in note
    said = text(copy)
    assert "Votre retour de" in said and "(cde-045) pour le T4 2023 est accepté, avec 1 valeur à corriger et" in said
    assert "ACT-06 – Erreur – 1 constat, à corriger par vous" in said
    assert "Actions (feuille « Actions ») : 2 lignes, " in said and "dont 1 à corriger" in said
    assert "Demandez à l'équipe nationale" in said
    assert "aucune n'a été changée" in said


def test_a_copy_is_the_same_byte_for_byte_when_it_is_made_again(desk: Desk) -> None:
    receipts = [
        desk.receive(write_xlsx(with_an_extra_column())),
        desk.receive(saved(in_odfdo(filled("2022", "2023-T4"))), "a.ods"),
    ]
    for receipt in receipts:
        assert desk.copy(receipt) == desk.copy(receipt)


def links(copy: MarkedCopy) -> dict[str, str]:
    """Address that cells of our sheet lead to, by what they say."""
    ours = openpyxl.load_workbook(io.BytesIO(copy.content))[SHEET]
    return {
        str(cell.value): cell.hyperlink.target
        for row in ours
        for cell in row
        if cell.hyperlink and cell.hyperlink.target
    }


def test_rules_lead_to_the_dictionary_where_there_is_one(desk: Desk) -> None:
    receipt = desk.receive(write_xlsx(with_an_extra_column()))
    desk.find(receipt, valeur="2000")
    address = "https://dictionnaire.test/regles/?a=1&b=2"
    copy = desk.copy(receipt, address)

    found = links(copy)
    assert {said.split(" ")[0]: target for said, target in found.items() if " – " in said} == {
        "ACT-06": f"{address}#ACT-06", "SUS-08": f"{address}#SUS-08",
    }  # fmt: skip
    assert [target for said, target in found.items() if said.endswith(address)] == [address]
    # It comes back, and is read as any other copy.
    answered = desk.receive(typed(copy, "Colonne ajoutée pour la mairie"), "retour.xlsx")
    assert links(desk.copy(answered, address)).keys() >= {said for said in found if said.endswith(address)}
    assert links(desk.copy(receipt)) == {}


def test_an_answer_typed_in_the_copy_is_read_when_it_comes_back(desk: Desk) -> None:
    first = desk.receive(write_xlsx(with_an_extra_column()))
    asked = desk.copy(first)
    second = desk.receive(typed(asked, "Colonne pour notre usage"), asked.name)
    again = desk.copy(second)
    assert again.name == asked.name
    assert "rien n'y est à corriger" in text(again)
    (row,) = [row for row in sheet(again) if "Colonne pour notre usage" in row]
    assert row[-2].startswith("Justifié le 02/02/2024")
    # Answered once, it is not marked any more; the answer is still there to be changed.
    assert comments(again.content) == {}
    third = desk.receive(typed_again(again, "Contesté : elle nous sert"), again.name)
    assert "avec 1 question" in text(desk.copy(third))
    assert "Contesté le 03/02/2024" in text(desk.copy(third))


def typed_again(copy: MarkedCopy, said: str) -> bytes:
    workbook = openpyxl.load_workbook(io.BytesIO(copy.content))
    (cell,) = [cell for row in workbook[SHEET].iter_rows() for cell in row if cell.value == "Colonne pour notre usage"]
    cell.value = said
    return saved(workbook)


def test_a_mended_file_says_nothing_more(desk: Desk) -> None:
    first = desk.receive(write_xlsx(with_an_extra_column()))
    workbook = openpyxl.load_workbook(io.BytesIO(desk.copy(first).content))
    for row in workbook["Actions"].iter_rows():
        for cell in row:
            if cell.value in ("Avis de la mairie", "favorable"):
                cell.value = None
    second = desk.receive(saved(workbook), "retour ANCT.xlsx")
    assert comments(desk.copy(second).content) == {}
    assert "Aucun constat." in text(desk.copy(second))
    assert "Corrigé le 02/02/2024" in text(desk.copy(first))
    assert f"Un envoi plus récent remplace ce fichier (récépissé n° {second})." in text(desk.copy(first))


def test_our_sheet_raises_no_suspicion_and_hides_no_table(desk: Desk) -> None:
    content = write_xlsx(with_an_extra_column())
    copy = desk.copy(desk.receive(content))
    sent, back = read_return(content, "a.xlsx", REFERENCE), read_return(copy.content, "a.xlsx", REFERENCE)
    assert sent.constats == back.constats
    assert [(name, header, columns) for name, _, header, columns in sent.tableaux] == [
        (name, header, columns) for name, _, header, columns in back.tableaux
    ]
    assert [row[1:] for row in sent.lignes] == [row[1:] for row in back.lignes if row[0] > 1]


OTHER_KINDS: dict[str, Callable[[Book], bytes]] = {
    "a.ods": lambda book: saved(in_odfdo(book)),
    "a.xls": lambda book: saved(in_xlwt(book)),
    "a.zip": zipped_csv,
}


@pytest.mark.parametrize("name", OTHER_KINDS)
def test_a_file_of_another_kind_comes_back_as_a_copy_of_its_values(desk: Desk, name: str) -> None:
    book = with_an_extra_column()
    content = OTHER_KINDS[name](book)
    receipt = desk.receive(content, name)
    copy = desk.copy(receipt)
    sent, back = read_return(content, name, REFERENCE), read_return(copy.content, "a.xlsx", REFERENCE)
    assert [(sheet, hidden) for _, sheet, hidden in sent.feuilles] == [
        (sheet, hidden) for _, sheet, hidden in back.feuilles[1:]
    ]
    assert [row[1:] for row in sent.lignes] == [row[1:] for row in back.lignes if row[0] > 1]
    if not name.endswith(".zip"):
        assert calamine(content) == calamine(copy.content)  # numbers, dates and texts are what they were
    assert f"copie des valeurs de votre fichier ({name[1:]})" in text(copy)
    row, column = place(book, "Actions", "Avis de la mairie")
    assert list(comments(copy.content)) == [f"{openpyxl.utils.get_column_letter(column + 1)}{row + 1}"]


def test_names_of_sheets_that_excel_refuses_are_told_apart(desk: Desk) -> None:
    book = filled("2022", "2023-T4")
    book |= {name: [["texte"]] for name in ("Notes [1]", "NOTES _1_", "Un nom de feuille beaucoup trop long", "'")}
    copy = desk.copy(desk.receive(zipped_csv(book), "a.zip"))
    names = openpyxl.load_workbook(io.BytesIO(copy.content)).sheetnames
    assert names[-4:] == ["Notes _1_", "NOTES _1_ (2)", "Un nom de feuille beaucoup trop", "Feuille"]


UNREADABLE = {
    "vide.xlsx": b"",
    "note.xlsx": b"%PDF-1.4 fictif",
    "tronque.xlsx": write_xlsx(filled("2022", "2023-T4"))[:3000],
    "enorme.xlsx": b"PK\x03\x04" + b"0" * MAX_FILE_BYTES,
    "../../..\\chemin\n.xlsx": b"MZ",
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_could_not_be_opened_gets_our_sheet_alone(desk: Desk, name: str, tmp_path: Path) -> None:
    safe = name.replace("/", "_")
    receipt = desk.receive(UNREADABLE[name], safe)
    copy = desk.copy(receipt)
    assert openpyxl.load_workbook(io.BytesIO(copy.content)).sheetnames == [SHEET]
    assert "Votre fichier est rejeté, et rien n'en est retenu : Le fichier" in text(copy)
    assert "Votre fichier n'est pas joint" in text(copy)
    (tmp_path / "envoi").mkdir()
    (tmp_path / "envoi" / copy.name).write_bytes(copy.content)  # its name is one


def test_a_file_rejected_by_what_it_says_is_marked_where_it_says_it(desk: Desk) -> None:
    book = filled("2022", "2023-T4")
    answer(book, "Identifiant de la cité", "cde-199")
    del book["Partenaires"]
    content = write_xlsx(book)
    receipt = desk.receive(content)
    copy = desk.copy(receipt)
    assert_theirs_is_untouched(content, copy.content)
    row, column = place(book, "Identification", "cde-199")
    assert comments(copy.content, "Identification").keys() == {
        f"{openpyxl.utils.get_column_letter(column + 1)}{row + 1}"
    }
    assert "Votre fichier est rejeté, et rien n'en est retenu : La feuille Identification ne porte pas" in text(copy)
    assert "Rien n'est retenu de ce fichier." in text(copy)


def test_a_workbook_that_cannot_be_completed_comes_back_as_a_copy_of_its_values(desk: Desk) -> None:
    content = saved(in_openpyxl(with_an_extra_column()))
    parts = Package(content).parts
    parts["xl/styles.xml"] = parts["xl/styles.xml"].replace(b"<styleSheet", b"<!DOCTYPE styleSheet><styleSheet", 1)
    copy = desk.copy(desk.receive(zipped(parts)))
    assert values(copy.content, computed=True).keys() == values(content, computed=True).keys()
    assert "n'ont pas pu être gardées (une partie du classeur" in text(copy)


def test_what_was_corrected_by_the_anct_is_said_beside_the_senders_own_file(desk: Desk) -> None:
    content = a_return()
    desk.receive(content)
    desk.receive(ledger(line("Actions", 1, "Nombre d'occurrences", 3, 30)), "registre.xlsx")
    pipeline.correct(desk.warehouse.settings)
    ((derived,),) = desk.warehouse.rows("select recepisse_id from entrepot.recepisse where canal = 'correction'")
    copy = desk.copy(derived)
    assert_theirs_is_untouched(content, copy.content)
    assert "L'ANCT a corrigé 1 valeur de ce retour dans l'entrepôt" in text(copy)
    assert "Votre registre de corrections est accepté" in text(desk.copy(derived - 1))


def test_very_many_findings_are_not_all_listed(desk: Desk) -> None:
    receipt = desk.receive(write_xlsx(filled("2022", "2023-T4")))
    with psycopg.connect(desk.warehouse.url) as connection:
        connection.execute(
            "insert into entrepot.constat"
            " (recepisse_id, regle, severite, tableau, champ, feuille, ligne, colonne, message, qui_corrige)"
            " select %s, 'LEC-01', 'valeur', 'actions', 'intitule', 'Actions', n, 4, 'Illisible.', 'territoire'"
            " from generate_series(5, 3004) as n",
            [receipt],
        )
    copy = desk.copy(receipt)
    assert len(comments(copy.content)) == 2000
    assert "1 000 constats de plus".replace(" ", "\u202f", 1) in text(copy)


def test_what_is_not_read_or_not_checked_is_not_answered(desk: Desk) -> None:
    waiting = desk.receive(write_xlsx(filled("2022", "2023-T4")), checked=False)
    with pytest.raises(EntrepotError, match="not checked yet"):
        desk.copy(waiting)
    with pytest.raises(EntrepotError, match="There is no receipt 9999"):
        desk.copy(9999)


def test_commands_answer_list_and_lift(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ENTREPOT_DATABASE_URL", desk.warehouse.url)
    monkeypatch.setenv("ENTREPOT_STATE_DIR", str(desk.warehouse.settings.state_dir))
    monkeypatch.setattr(findings_cli, "console", Console(width=200, highlight=False))
    receipt = desk.receive(write_xlsx(with_an_extra_column()))
    out = tmp_path / "sortie" / "retour.xlsx"

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    assert str(out) in run("answer", str(receipt), "--out", str(out))
    assert SHEET in openpyxl.load_workbook(out).sheetnames
    listed = run("finding", "list", "--territoire", "cde-045", "--trimestre", "2023-T4")
    assert "SUS-08" in listed and "ouvert" in listed
    reference = next(word for word in listed.split() if word.startswith(f"R{receipt}-"))
    assert f"{reference} (SUS-08) is lifted." in run("finding", "lift", reference, "--reason", "colonne connue")
    assert "leve" in run("finding", "list", "--territoire", "cde-045", "--trimestre", "2023-T4")
    assert "Levé le" in text(desk.copy(receipt)) and "colonne connue" in text(desk.copy(receipt))
