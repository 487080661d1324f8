"""A marked workbook: no cell of the sender's changes, nothing else is lost, and spreadsheets open it without a word."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]
from python_calamine import CalamineWorkbook

from entrepot.forms.files.container import identify
from entrepot.forms.files.workbook import open_workbook
from entrepot.sender.marked_workbook import SHEET
from entrepot.sender.marks import Mark
from entrepot.sender.notes import FOOT, HEAD
from entrepot.sender.ooxml import UnpatchableError
from entrepot.sender.value_copy import blank
from tests.forms.form import in_openpyxl, saved, write_xlsx, zipped
from tests.sender import workbooks
from tests.sender.package import MAIN, Package, faults, sheet_data
from tests.sender.workbooks import finding, marked, values

ERROR, QUESTION = (
    Mark(True, "Erreur [ACT-06] Trop grand.\nVu : 2000\nAttendu : moins"),
    Mark(False, "Question [LEC-20]"),
)
# Cells of the sheet Actions of every workbook here; some have a comment, some are merged.
MARKS = {"Actions": {(3, 2): ERROR, (7, 2): ERROR, (8, 5): QUESTION, (21, 4): QUESTION, (1, 1): ERROR}}
WRITERS: dict[str, Callable[[], bytes]] = {
    "plain": workbooks.plain,
    "openpyxl": workbooks.by_openpyxl,
    "xlsxwriter": workbooks.by_xlsxwriter,
    "libreoffice": workbooks.by_libreoffice,
}


@pytest.fixture(params=WRITERS)
def workbook(request: pytest.FixtureRequest) -> bytes:
    return WRITERS[request.param]()


def calamine(content: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheets = {name: book.get_sheet_by_name(name) for name in book.sheet_names if name != SHEET}
    return {name: sheet.to_python(skip_empty_area=False) for name, sheet in sheets.items()}


def comments(content: bytes, sheet: str = "Actions") -> dict[str, str]:
    cells = openpyxl.load_workbook(io.BytesIO(content))[sheet].iter_rows()
    return {cell.coordinate: cell.comment.text for row in cells for cell in row if cell.comment}


def assert_theirs_is_untouched(before: bytes, after: bytes) -> None:
    theirs = {name: cells for name, cells in sheet_data(before).items() if name != SHEET}
    assert theirs.items() <= sheet_data(after).items()
    assert calamine(before) == calamine(after)
    for computed in (True, False):
        assert values(before, computed=computed) == values(after, computed=computed)
    read, back = (
        {sheet.name: (sheet.rows, sheet.marks, sheet.hidden) for sheet in open_workbook(content, "a.xlsx").sheets}
        for content in (before, after)
    )
    read.pop(SHEET, None), back.pop(SHEET)
    assert read == back


def test_no_cell_of_theirs_changes_and_nothing_is_to_repair(workbook: bytes) -> None:
    assert faults(workbook) == []  # what judges the copies finds nothing in the originals
    copy = marked(workbook, MARKS)
    assert faults(copy) == []
    assert_theirs_is_untouched(workbook, copy)


def test_every_other_part_keeps_its_bytes(workbook: bytes) -> None:
    before, after = Package(workbook).parts, Package(marked(workbook, MARKS)).parts
    changed = {name for name, content in before.items() if after.get(name) != content}
    ours = r"\[Content_Types\]|workbook|styles|sheet\d|comments|vmlDrawing"
    assert {name for name in changed if not re.search(ours, name)} == set()
    # Of a sheet, what we add and the place of the cursor apart, all is theirs.
    for name, part in Package(workbook).sheets().items():
        kept = etree.fromstring(after[part])
        for element in kept.findall(f"{MAIN}conditionalFormatting") + kept.findall(f"{MAIN}legacyDrawing"):
            if "Retour ANCT" in etree.tostring(element).decode() or "rIdAnct" in etree.tostring(element).decode():
                kept.remove(element)
        theirs = etree.fromstring(before[part])
        for tree in (kept, theirs):
            for element in (*tree.iter(f"{MAIN}sheetView"), *tree.iter(f"{MAIN}cfRule")):
                element.attrib.pop("tabSelected", None), element.attrib.pop("priority", None)
        assert etree.tostring(kept, method="c14n") == etree.tostring(theirs, method="c14n"), name


def test_marked_cells_are_commented_and_told_apart_without_colour(workbook: bytes) -> None:
    copy = openpyxl.load_workbook(io.BytesIO(marked(workbook, MARKS)))
    sheet = copy["Actions"]
    looks: dict[str, tuple[int, Any]] = {}
    # LibreOffice shows what stands first, whatever its rank.
    assert ["Retour ANCT" in str(cells.rules[0].formula) for cells in sheet.conditional_formatting][:2] == [True, True]
    for cells in sheet.conditional_formatting:
        for rule in cells.rules:
            if "Retour ANCT" in str(rule.formula):
                looks |= dict.fromkeys(str(cells.sqref).split(), (rule.priority, rule.dxf))
    merged = "D21" not in looks
    assert looks.keys() == {"B3", "B7", "E8", "C20" if merged else "D21", "A1"}
    (first, error), (second, question) = looks["B3"], looks["E8"]
    assert (first, second) == (1, 2)
    assert (error.fill.patternType, error.border.left.style, error.font.b) == ("lightUp", "thin", True)
    assert (question.fill.patternType, question.border.left.style, question.font.i) == ("gray125", "dashed", True)
    assert "Erreur [ACT-06]" in comments(marked(workbook, MARKS))["B7"]


def test_what_a_comment_said_is_still_there() -> None:
    assert comments(marked(workbooks.by_xlsxwriter(), MARKS))["B3"] == f"Déjà dit ici\n{HEAD}\n{ERROR.note}\n{FOOT}"
    assert comments(marked(workbooks.by_xlsxwriter(), MARKS))["B4"] == "Autre chose"


def test_names_and_views_follow_their_sheets() -> None:
    before, after = workbooks.by_openpyxl(), marked(workbooks.by_openpyxl(), MARKS)
    local = {sheet.title: dict(sheet.defined_names) for sheet in openpyxl.load_workbook(io.BytesIO(before)).worksheets}
    copy = openpyxl.load_workbook(io.BytesIO(after))
    assert {sheet.title: dict(sheet.defined_names).keys() for sheet in copy.worksheets if sheet.title != SHEET} == {
        name: names.keys() for name, names in local.items()
    }
    assert (copy.active.title, copy.sheetnames[0]) == (SHEET, SHEET)
    assert copy["Actions"].print_title_rows == "$6:$6"
    assert copy["Actions"].protection.sheet
    assert copy["Calculs"].sheet_state == "veryHidden"
    assert copy[SHEET].print_title_rows == "$4:$4"


def test_a_workbook_that_comes_back_is_marked_anew(workbook: bytes) -> None:
    first = marked(workbook, MARKS)
    again = marked(first, {"Actions": {(4, 2): QUESTION}})
    assert faults(again) == []
    assert_theirs_is_untouched(first, again)
    said = comments(again)
    assert {cell for cell, text in said.items() if "Retour ANCT" in text} == {"B4"}
    assert {cell: text.strip() for cell, text in comments(marked(again, {})).items()} == comments(workbook)
    sheets = openpyxl.load_workbook(io.BytesIO(again)).sheetnames
    assert sheets.count(SHEET) == 1 and sheets[0] == SHEET
    assert len(Package(again).sheets()) == len(Package(first).sheets())


def test_our_sheet_moved_and_hidden_by_the_sender_comes_first_again() -> None:
    returned = openpyxl.load_workbook(io.BytesIO(marked(workbooks.plain(), MARKS)))
    returned.move_sheet(SHEET, 3)
    returned[SHEET]["L2"] = "=1+1"
    returned.active = 1
    returned[SHEET].sheet_state = "hidden"
    content = saved(returned)
    again = marked(content, MARKS)
    assert faults(again) == []
    assert_theirs_is_untouched(content, again)
    copy = openpyxl.load_workbook(io.BytesIO(again))
    assert (copy.sheetnames[0], copy[SHEET].sheet_state) == (SHEET, "visible")


def test_macros_and_signatures_are_taken_out() -> None:
    with zipfile.ZipFile(io.BytesIO(workbooks.by_xlsxwriter(macros=True))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    signature = "http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/origin"
    members["_rels/.rels"] = members["_rels/.rels"].replace(
        b"</Relationships>",
        f'<Relationship Id="rIdS" Type="{signature}" Target="_xmlsignatures/origin.sigs"/></Relationships>'.encode(),
    )
    members["[Content_Types].xml"] = members["[Content_Types].xml"].replace(
        b"</Types>",
        b'<Default Extension="sigs"'
        b' ContentType="application/vnd.openxmlformats-package.digital-signature-origin"/></Types>',
    )
    members["_xmlsignatures/origin.sigs"] = b""
    content = zipped(members)
    copy = marked(content, MARKS)
    assert (identify(content).macros, identify(copy).macros) == (True, False)
    assert faults(copy) == []
    assert_theirs_is_untouched(content, copy)
    assert not [name for name in Package(copy).names if "vba" in name or "signature" in name]
    assert b"macroEnabled" not in Package(copy).parts["[Content_Types].xml"]


def test_what_looks_like_a_formula_is_text_on_our_sheet() -> None:
    dangers = ["=1+1", "+33", "-2", "@SUM(A1)", "\t=1", "\r=1", "_x000D_", "<b>&\x0b"]
    lines = [
        finding(valeur_vue=text, constat=text, valeur_attendue=text, reponse=text, etat="justifie") for text in dangers
    ]
    copy = marked(workbooks.plain(), {"Actions": {(5, 12): Mark(True, "".join(dangers))}}, *lines)
    assert faults(copy) == []
    package = Package(copy)
    part = package.parts[package.sheets()[SHEET]]
    assert b"<f" not in part.replace(b"<formula1", b"")
    cells = [cell for cell in etree.fromstring(part).iter(f"{MAIN}c") if len(cell)]
    assert {cell.get("t") for cell in cells} == {"inlineStr"}
    read = openpyxl.load_workbook(io.BytesIO(copy))[SHEET]
    assert [cell.number_format for cell in read["I"] if cell.value == "=1+1"] == ["@"]


def test_links_lead_to_cells_whatever_the_name_of_the_sheet() -> None:
    sheet = "L'autre « feuille » & co"
    copy = marked(workbooks.by_xlsxwriter(), {}, finding(feuille=sheet, cellule="B2"))
    links = [
        cell.hyperlink.location
        for row in openpyxl.load_workbook(io.BytesIO(copy))[SHEET]
        for cell in row
        if cell.hyperlink
    ]
    assert links == ["'L''autre « feuille » & co'!B2"]


def test_many_marks_are_kept_in_lists_that_excel_reads() -> None:
    places = {(row, column): ERROR for row in range(1, 201) for column in range(1, 11)}
    copy = marked(workbooks.plain(), {"Actions": places})
    assert faults(copy) == []
    assert len(comments(copy)) == len(places)
    lists = openpyxl.load_workbook(io.BytesIO(copy))["Actions"].conditional_formatting
    assert [len(str(cells.sqref).split()) for cells in lists] == [500] * 4


def test_a_file_that_cannot_be_opened_gets_our_sheet_alone() -> None:
    copy = marked(blank(SHEET), {})
    assert faults(copy) == []
    assert list(Package(copy).sheets()) == [SHEET]


def strange(name: str, old: bytes, new: bytes) -> bytes:
    """The plain workbook with something else in one of its parts."""
    members = Package(workbooks.plain()).parts
    assert old in members[name]
    return zipped({**members, name: members[name].replace(old, new)})


TRANSITIONAL = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@pytest.mark.parametrize(
    "content",
    [
        strange("xl/workbook.xml", TRANSITIONAL, b"http://purl.oclc.org/ooxml/spreadsheetml/main"),
        strange("xl/worksheets/sheet1.xml", b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet'),
        strange("xl/styles.xml", b"<styleSheet", b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><styleSheet'),
        strange("xl/styles.xml", b"</styleSheet>", b"</styleSheet"),
        strange("xl/worksheets/sheet2.xml", b'encoding="UTF-8"', b'encoding="windows-1252"'),
        strange("xl/_rels/workbook.xml.rels", b"relationships/worksheet", b"relationships/xlMacrosheet"),
        strange("xl/_rels/workbook.xml.rels", b"worksheets/sheet2.xml", b"worksheets/absent.xml"),
        strange("xl/_rels/workbook.xml.rels", b"relationships/theme", b"relationships/revisionHeaders"),
    ],
)
def test_what_cannot_be_completed_is_said(content: bytes) -> None:
    with pytest.raises(UnpatchableError, match=r"^(une|le) "):
        marked(content, MARKS)


def test_names_of_elements_may_have_a_prefix() -> None:
    part = (
        b"""<?xml version="1.0" encoding="UTF-8"?>
<x:worksheet xmlns:x="%s"><x:sheetViews><x:sheetView tabSelected='1' workbookViewId="0"/></x:sheetViews><x:sheetData>
<x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c></x:row></x:sheetData><x:mergeCells count="1"><x:mergeCell ref="B1:C2"/>
</x:mergeCells></x:worksheet>"""
        % TRANSITIONAL
    )
    members = Package(workbooks.plain()).parts
    content = zipped({**members, "xl/worksheets/sheet3.xml": part})
    copy = marked(content, {"Actions": {(2, 3): ERROR}})
    assert faults(copy) == []
    assert_theirs_is_untouched(content, copy)
    assert list(comments(copy)) == ["B1"]


CELLS = st.one_of(
    st.none(),
    st.integers(-(10**9), 10**9),
    st.floats(-1e9, 1e9),
    st.booleans(),
    st.dates(date(1950, 1, 1), date(2050, 1, 1)),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=20).filter(
        lambda text: text[:1] not in "="
    ),
)
BOOKS = st.dictionaries(
    st.from_regex(r"[A-Za-zéà ]{0,20}[a-z]", fullmatch=True).filter(lambda name: name.strip().lower() != "retour anct"),
    st.lists(st.lists(CELLS, max_size=6), max_size=8),
    min_size=1,
    max_size=3,
)
PLACES = st.dictionaries(
    st.tuples(st.integers(1, 9), st.integers(1, 7)),
    st.builds(Mark, st.booleans(), st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)),
    max_size=6,
)


@settings(max_examples=30, deadline=None)
@given(book=BOOKS, places=PLACES, writer=st.sampled_from(["xlsxwriter", "openpyxl"]))
def test_whatever_the_cells_hold_and_whichever_are_marked(book: Any, places: Any, writer: str) -> None:
    folded = {name.strip().lower(): rows for name, rows in book.items()}
    content = write_xlsx(folded) if writer == "xlsxwriter" else saved(in_openpyxl(folded))
    copy = marked(content, dict.fromkeys(folded, places))
    assert faults(copy) == []
    assert sheet_data(content).items() <= sheet_data(copy).items()
    assert calamine(content) == calamine(copy)
    for name in folded:
        assert len(comments(copy, name)) == len(places)
