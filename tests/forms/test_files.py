"""Files of every kind give the same cells, and what a spreadsheet shows oddly is marked."""

import zipfile
from datetime import date, datetime
from io import BytesIO

import openpyxl
import pytest
import xlsxwriter
import xlwt
from odfdo import Cell, Document, Row, Table

from entrepot.forms.files.workbook import Sheet, open_workbook

from .form import (
    Book,
    Value,
    csv_text,
    filled,
    in_odfdo,
    in_openpyxl,
    in_xlwt,
    saved,
    write_xlsx,
    zipped,
    zipped_csv,
)

BOOK: Book = {
    "Feuille é": [["texte", " espaces "], [], [None, 12, 0.1, 1234567.5, 1e15, 1e-7], [date(2024, 3, 1), True]]
}
CELLS = [
    ["texte", " espaces "],
    [],
    [None, "12", "0.1", "1234567.5", "1000000000000000", "0.0000001"],
    ["2024-03-01", "VRAI"],
]


def only_sheet(content: bytes, name: str = "fictif.xlsx") -> Sheet:
    (sheet,) = open_workbook(content, name).sheets
    return sheet


@pytest.mark.parametrize(
    ("content", "format_read"),
    [
        (write_xlsx(BOOK), "xlsx"),
        (saved(in_openpyxl(BOOK)), "xlsx"),
        (saved(in_odfdo(BOOK)), "ods"),
        (saved(in_xlwt(BOOK)), "xls"),
    ],
    ids=["xlsxwriter", "openpyxl", "odfdo", "xlwt"],
)
def test_cells_are_the_same_text_whatever_wrote_them(content: bytes, format_read: str) -> None:
    assert only_sheet(content).rows == CELLS
    assert open_workbook(content, "f").format == format_read


def test_true_is_not_one_nor_false_zero() -> None:
    assert only_sheet(write_xlsx({"f": [[1, 0], [True, False], [1.0, 0]]})).rows == [
        ["1", "0"],
        ["VRAI", "FAUX"],
        ["1", "0"],
    ]
    assert only_sheet(write_xlsx({"f": [[1, 0]]})).rows == [["1", "0"]]


def test_times_lose_nothing_but_the_hour_of_a_date() -> None:
    assert only_sheet(write_xlsx({"F": [[datetime(2024, 3, 1, 14, 30)]]})).rows == [["2024-03-01"]]  # noqa: DTZ001


def test_a_character_that_no_database_holds_is_dropped() -> None:
    assert only_sheet(saved(in_openpyxl({"F": [["a_x0000_b"]]}))).rows == [["ab"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "mac_roman", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_csv_in_any_encoding_and_separator(encoding: str, separator: str) -> None:
    rows: list[list[Value]] = [
        ["Intitulé", "Coût, total"],
        ["Réunion à l’école ; « été »", "12,5"],
        ["ligne\nsuivante", None],
    ]

    content = csv_text(rows, separator).encode(encoding)

    assert only_sheet(content, "Bénéficiaires.csv").rows == [row if row[-1] else row[:1] for row in rows]
    assert only_sheet(content, "Bénéficiaires.csv").name == "Bénéficiaires"


def test_an_archive_gives_one_sheet_for_each_csv_in_any_folder() -> None:
    content = zipped(
        {
            "Retour/Actions.csv": b"a;b\n",
            "Retour/Bénéficiaires.CSV": b"c;d\n",
            "__MACOSX/._Actions.csv": b"\0",
            "lisez.txt": b"",
        }
    )

    assert [(sheet.name, sheet.rows) for sheet in open_workbook(content, "retour.zip").sheets] == [
        ("Actions", [["a", "b"]]),
        ("Bénéficiaires", [["c", "d"]]),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "cp850"])
def test_names_in_an_archive_that_hides_their_encoding(encoding: str) -> None:
    disguised = "Bénéficiaires.csv".encode(encoding)
    placeholder = b"x" * len(disguised)
    content = zipped({placeholder.decode(): b"a;b\n"}).replace(placeholder, disguised)

    assert only_sheet(content, "retour.zip").name == "Bénéficiaires"


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (write_xlsx(BOOK), "retour.XLSX", True),
        (write_xlsx(BOOK), "retour.xlsm", True),
        (write_xlsx(BOOK), "retour.xls", False),
        (saved(in_xlwt(BOOK)), "retour.xls", True),
        (saved(in_odfdo(BOOK)), "retour.xlsx", False),
        (zipped_csv(BOOK), "retour.zip", True),
        (b"a;b\n", "actions.csv", True),
        (b"a;b\n", "actions.xlsx", False),
    ],
)
def test_the_extension_is_judged_by_the_content(content: bytes, name: str, expected: bool) -> None:
    assert open_workbook(content, name).expected_extension is expected


def test_macros_are_seen() -> None:
    with_macros = BytesIO(write_xlsx(BOOK))
    with zipfile.ZipFile(with_macros, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"fictif")

    assert open_workbook(with_macros.getvalue(), "retour.xlsm").macros
    assert not open_workbook(write_xlsx(BOOK), "retour.xlsm").macros


def openpyxl_oddities() -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(["#REF!", "=A1+1", 3, "=SUM(C1:C1)"])
    sheet["E1"].value, sheet["E1"].data_type = "#N/A", "e"
    return saved(workbook)


def xlsxwriter_oddities() -> bytes:
    content = BytesIO()
    with xlsxwriter.Workbook(content) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_formula("A1", "=REF()", value="#REF!")
        sheet.write_formula("B1", "=A1+1", value="")
        sheet.write_number("C1", 3)
        sheet.write_formula("D1", "=1+1", value="")
        sheet.write_formula("E1", "=NA()", value="#N/A")
    return content.getvalue()


def odfdo_oddities() -> bytes:
    def cell(text: str | None = None, **attributes: str) -> Cell:
        made = Cell(text=text) if text else Cell()
        for name, value in attributes.items():
            made.set_attribute(name.replace("__", ":").replace("_", "-"), value)
        return made

    document = Document("spreadsheet")
    document.body.clear()
    table, row = Table("F"), Row()
    error = {"office__value_type": "string", "calcext__value_type": "error", "table__formula": "of:=NA()"}
    row.append_cell(cell("#REF!", **error))
    row.append_cell(cell(table__formula="of:=1+1"))
    row.append_cell(Cell(3))
    row.append_cell(cell(table__formula="of:=1+2"))
    row.append_cell(cell("#N/A", **error))
    table.append_row(row)
    document.body.append(table)
    return saved(document)


def xlwt_oddities() -> bytes:
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("F")
    sheet.row(0).set_cell_error(0, "#REF!")
    sheet.write(0, 1, xlwt.Formula("1+1"))
    sheet.write(0, 2, 3)
    sheet.write(0, 3, xlwt.Formula("1+2"))
    sheet.row(0).set_cell_error(4, 0x2A)
    return saved(workbook)


@pytest.mark.parametrize(
    "content",
    [openpyxl_oddities(), xlsxwriter_oddities(), odfdo_oddities(), xlwt_oddities()],
    ids=["openpyxl", "xlsxwriter", "odfdo", "xlwt"],
)
def test_errors_keep_their_text_and_formulas_never_computed_are_no_zero(content: bytes) -> None:
    sheet = only_sheet(content)

    assert sheet.rows[0][:5] == ["#REF!", None, "3", None, "#N/A"]
    assert sheet.marks == {
        0: {0: "erreur_tableur", 1: "formule_sans_valeur", 3: "formule_sans_valeur", 4: "erreur_tableur"}
    }


def test_a_formula_whose_text_is_empty_was_computed() -> None:
    computed = '<row r="1"><c r="A1" t="str"><f>IF(B1="";"";B1)</f><v></v></c><c r="C1"><f>1+1</f><v>2</v></c></row>'

    sheet = only_sheet(with_cells(computed))

    assert (sheet.rows, sheet.marks) == ([[None, None, "2"]], {})


def test_an_error_left_as_text_in_a_csv_is_still_an_error() -> None:
    assert only_sheet(b"a;#VALEUR!\n", "f.csv").marks == {0: {1: "erreur_tableur"}}


def test_cells_that_do_not_say_where_they_are_follow_one_another() -> None:
    nowhere = '<row><c><v>1</v></c><c t="e"><v>#N/A</v></c></row><row r="4"><c r="B4"><f>1+1</f></c></row>'

    sheet = only_sheet(with_cells(nowhere))

    assert sheet.rows == [["1", "#N/A"], [], [], []]
    assert sheet.marks == {0: {1: "erreur_tableur"}, 3: {1: "formule_sans_valeur"}}


def with_cells(xml: str) -> bytes:
    """A workbook whose only sheet holds these cells."""
    source = zipfile.ZipFile(BytesIO(write_xlsx({"F": [["a"]]})))
    members = {name: source.read(name) for name in source.namelist()}
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f'<worksheet xmlns="{namespace}"><sheetData>{xml}</sheetData></worksheet>'
    return zipped({**members, "xl/worksheets/sheet1.xml": sheet.encode()})


def test_merges_over_several_lines_and_hidden_parts_are_told() -> None:
    workbook = in_openpyxl(
        {"fusion": [["a", "b"], [None, "c"]], "ligne": [["a"]], "colonne": [["a"]], "groupe": [["a"]]}
    )
    workbook["fusion"].merge_cells("A1:A2")
    workbook["fusion"].merge_cells("C1:D1")
    workbook["ligne"].row_dimensions[1].hidden = True
    workbook["colonne"].column_dimensions["B"].hidden = True
    workbook["groupe"].row_dimensions.group(1, 3)
    workbook.create_sheet("cachée").sheet_state = "veryHidden"

    sheets = {sheet.name: sheet for sheet in open_workbook(saved(workbook), "f.xlsx").sheets}

    assert sheets["fusion"].tall_merges == [(0, 0, 1)]
    assert [name for name, sheet in sheets.items() if sheet.partly_hidden] == ["ligne", "colonne", "groupe"]
    assert [name for name, sheet in sheets.items() if sheet.hidden] == ["cachée"]


def test_merges_and_hidden_parts_of_an_open_document() -> None:
    document = in_odfdo({"fusion": [["a", "b"], [None, "c"]], "masque": [["a"], ["b"]]})
    merged_table, masked_table = document.body.tables
    merged_table.set_span((0, 0, 0, 1))
    row = masked_table.get_row(1)
    row.set_attribute("table:visibility", "filter")
    masked_table.set_row(1, row)

    merged, masked = open_workbook(saved(document), "f.ods").sheets

    assert (merged.tall_merges, merged.partly_hidden) == ([(0, 0, 1)], False)
    assert (masked.tall_merges, masked.partly_hidden) == ([], True)


def test_merges_and_hidden_parts_of_an_old_workbook() -> None:
    workbook = xlwt.Workbook()
    workbook.add_sheet("fusion").write_merge(0, 2, 1, 1, "a")
    workbook.add_sheet("ligne").row(0).hidden = True
    workbook.add_sheet("colonne").col(1).hidden = True
    workbook.get_sheet(1).write(0, 0, "a")
    workbook.get_sheet(2).write(0, 0, "a")

    merged, line, column = open_workbook(saved(workbook), "f.xls").sheets

    assert merged.tall_merges == [(0, 1, 2)]
    assert (merged.partly_hidden, line.partly_hidden, column.partly_hidden) == (False, True, True)


def test_a_whole_form_is_the_same_in_every_format() -> None:
    book = filled("2024", "T4 2024")

    read = {
        name: [(sheet.name, sheet.rows) for sheet in open_workbook(content, name).sheets]
        for name, content in {
            "f.xlsx": write_xlsx(book), "g.xlsx": saved(in_openpyxl(book)), "f.ods": saved(in_odfdo(book)),
            "f.xls": saved(in_xlwt(book)),
        }.items()
    }  # fmt: skip

    assert read["g.xlsx"] == read["f.ods"] == read["f.xls"] == read["f.xlsx"]
