"""Workbooks that hold what marking must leave alone, written by several libraries (fictitious answers)."""

import io
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

from entrepot.sample.writers import MACRO_PART
from entrepot.sender.findings import Finding
from entrepot.sender.marked_workbook import SHEET, mark_workbook
from entrepot.sender.marks import Mark
from entrepot.sender.notes import Place
from entrepot.sender.return_sheet import REPEATED, Letter, Line, ReadTable, written
from tests.forms.form import filled, in_openpyxl, saved, write_xlsx

LIBREOFFICE = Path(__file__).with_name("libreoffice.xlsx")
DAY = datetime(2024, 3, 12, 9, tzinfo=UTC)
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db0"
    "0000000049454e44ae426082"
)


def plain() -> bytes:
    """The form as xlsxwriter writes it."""
    return write_xlsx(filled("2022", "2023-T4"))


def by_openpyxl() -> bytes:
    """Comments, a rule, a list, names, a chart, a table, a protected sheet, a hidden one, merged cells."""
    workbook = in_openpyxl(filled("2024", "2024-T1"))
    actions, governance = workbook["Actions"], workbook["Gouvernance"]
    actions["B7"].comment = Comment("À vérifier avec la mairie", "Référente fictive", height=50, width=200)
    actions.conditional_formatting.add(
        "A1:Z40", CellIsRule("greaterThan", ["3"], True, fill=PatternFill("solid", "FF00FF00"))
    )
    validation = DataValidation("list", formula1='"Oui,Non"', showErrorMessage=True)
    validation.add("C20:C30")
    actions.add_data_validation(validation)
    actions.merge_cells("C20:D22")
    actions["C20"] = "Une réponse sur plusieurs lignes"
    actions["T7"] = "=SUM(J7:J8)"
    actions.protection.sheet = True
    actions.print_title_rows = "6:6"
    governance.add_table(Table(displayName="Totaux", ref="H1:I3"))
    for row, cells in enumerate((("Axe", "Nombre"), ("Un", 1), ("Deux", 2)), start=1):
        governance.cell(row, 8, cells[0])
        governance.cell(row, 9, cells[1])
    chart = BarChart()
    chart.add_data(Reference(governance, min_col=9, min_row=1, max_row=3), titles_from_data=True)
    governance.add_chart(chart, "K1")
    workbook.create_sheet("Calculs").sheet_state = "veryHidden"
    workbook.defined_names["total"] = DefinedName("total", attr_text="Actions!$J$7:$J$8")
    governance.defined_names["local"] = DefinedName("local", attr_text="Gouvernance!$B$4")
    workbook.active = workbook.sheetnames.index("Gouvernance")
    return saved(workbook)


def by_xlsxwriter(*, macros: bool = False) -> bytes:
    """Formulas with their values, comments, rules, sparklines (an extension), pictures in headers, a chart sheet."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as workbook:
        if macros:
            workbook.add_vba_project(io.BytesIO(MACRO_PART), is_stream=True)
        bold = workbook.add_format({"bold": True, "bg_color": "#FFEE00", "border": 2})
        sheet = workbook.add_worksheet("Actions")
        sheet.write_row(0, 0, ["N°", "Intitulé", "Total"], bold)
        for row in range(1, 12):
            sheet.write_number(row, 0, row)
            sheet.write_rich_string(row, 1, "Action ", bold, f"fictive {row} & <suite>")
            sheet.write_formula(row, 2, f"=A{row + 1}*2", None, row * 2)
        sheet.write_formula("D2", "=1/0", None, "#DIV/0!")
        sheet.write_boolean("D3", True)
        moment = workbook.add_format({"num_format": "dd/mm/yy hh:mm"})
        sheet.write_datetime("D4", DAY.replace(tzinfo=None), moment)
        sheet.write_url("D5", "https://exemple.invalid/", string="lien")
        sheet.write_comment("B3", "Déjà dit ici")
        sheet.write_comment("B4", "Autre chose")
        sheet.conditional_format("A2:C12", {"type": "data_bar", "bar_solid": True})
        sheet.conditional_format("A2:C12", {"type": "cell", "criteria": ">", "value": 4, "format": bold})
        sheet.data_validation("E2:E9", {"validate": "list", "source": ["Oui", "Non"]})
        sheet.add_sparkline("F2", {"range": "Actions!A2:A12"})
        sheet.set_header("&C&G", {"image_center": "pixel.png", "image_data_center": io.BytesIO(PIXEL)})
        sheet.autofilter("A1:C12")
        sheet.set_column("G:H", None, None, {"hidden": True})
        sheet.repeat_rows(0)
        sheet.protect("secret")
        other = workbook.add_worksheet("L'autre « feuille » & co")
        other.add_table("A1:B4", {"data": [[1, 2], [3, 4]]})
        other.hide()
        charts = [workbook.add_chart({"type": kind}) for kind in ("line", "pie")]
        for chart in charts:
            chart.add_series({"values": "=Actions!$A$2:$A$12"})
        workbook.add_chartsheet("Graphique").set_chart(charts[0])
        sheet.insert_chart("J2", charts[1])
        workbook.define_name("Actions!ici", "=Actions!$A$2")
        other.set_first_sheet()
    return content.getvalue()


def by_libreoffice() -> bytes:
    """What LibreOffice made of the workbook of `by_xlsxwriter`, without its chart sheet (`libreoffice.xlsx`)."""
    return LIBREOFFICE.read_bytes()


def finding(**said: Any) -> Finding:
    """A finding on a cell of the sheet Actions."""
    usual = {
        "reference": "R12-0A1B2C3D4E", "recepisse_id": 12, "regle": "ACT-06", "severite": "valeur",
        "tableau": "actions", "champ": "participants_femmes", "feuille": "Actions", "ligne": 5, "colonne": 12,
        "cellule": "L5", "valeur_vue": "2000", "valeur_attendue": "un nombre au plus égal à 1 234",
        "constat": "« dont femmes » (2000) dépasse « Participants » (1234).", "qui_corrige": "territoire",
        "etat": "ouvert", "etat_depuis": DAY, "reponse": None, "motif_levee": None, "ligne_marquee": 5,
        "colonne_marquee": 12,
    }  # fmt: skip
    return Finding(**{**usual, **said})


def marked(content: bytes, marks: Mapping[str, Mapping[Place, Mark]], *findings: Finding) -> bytes:
    """A workbook with some cells marked, and a sheet that lists some findings."""
    lines = [Line(one, one.feuille, one.cellule) for one in findings or (finding(),)]
    letter = Letter(
        "Fichier fictif.", "Accepté.", "Répondez.", lines, [ReadTable("actions", "Actions", 3, 40, 1)], ["Note."]
    )
    return mark_workbook(content, marks, lambda looks, outside: written(letter, looks, outside), REPEATED)


def values(content: bytes, *, computed: bool) -> dict[str, dict[str, object]]:
    """Filled cells of each sheet of theirs, as openpyxl reads them."""
    workbook = openpyxl.load_workbook(io.BytesIO(content), data_only=computed, rich_text=True)
    return {
        sheet.title: {
            cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None
        }
        for sheet in workbook.worksheets
        if sheet.title != SHEET
    }
