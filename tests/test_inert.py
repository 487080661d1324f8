"""Nothing from outside is a formula, a header, markup or a command in what we write, as other libraries open it."""

import csv
import io
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import openpyxl
import pytest
from rich.console import Console

from entrepot.forms.files.container import identify
from entrepot.inert import csv_cell, in_terminal, looks_like_a_formula, one_line
from entrepot.restitution import trace_output
from entrepot.restitution.trace import Line, Trace
from entrepot.sender.contacts import address
from entrepot.sender.findings import Finding, State
from entrepot.sender.letters import Attachment, Letter, Occasion
from entrepot.sender.mail import compose, sender_of
from entrepot.sender.marked_workbook import SHEET, mark_workbook
from entrepot.sender.marks import Mark
from entrepot.sender.return_sheet import REPEATED, written
from entrepot.sender.return_sheet import Letter as Sheet
from entrepot.sender.return_sheet import Line as FindingLine
from entrepot.sender.value_copy import copy_values
from entrepot.settings import Settings

FORMULAS = [
    "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "  =1", "\u00a0=1", "\u200b=1", "\ufeff=1",
    "\u202e=1", "＝1", "＋1", "－1", "＠1", "﹦1", "﹢1", "﹣1", "﹫1", "−1", "=",
]  # fmt: skip
TEXTS = ["", " ", "12", "12 - 3", "a=1", "« =1 »", "'=1", "courriel@cite.test", "été", "x" * 40_000]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_may_take_for_a_formula(text: str) -> None:
    assert looks_like_a_formula(text)
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", TEXTS)
def test_what_it_takes_for_text(text: str) -> None:
    assert csv_cell(text) == text


def test_one_line_is_one_and_drives_nothing() -> None:
    assert one_line("a\r\nBcc: b\x1b[2J\x00\u2028c\u202ed\x85e") == "a Bcc: b [2J c d e"
    assert one_line("x" * 500) == "x" * 149 + "…"
    console = Console(file=io.StringIO(), width=200, color_system="standard", force_terminal=True)
    console.print(in_terminal("[red]a[/red] [/nothing]\x1b[31m"), end="", highlight=False)
    assert console.file.getvalue() == "[red]a[/red] [/nothing] [31m"  # type: ignore[attr-defined]


QUOTED_A_LINE = 4


def traced() -> Trace:
    lines = [
        Line("cde-001", "2024-T4", 1, text, text, "A1", text, "valide", None, text, None, "saisie") for text in FORMULAS
    ]
    return cast("Trace", SimpleNamespace(summary={"Chiffre": "marts/x"}, lines=lines))


def test_a_trace_as_csv(tmp_path: Path) -> None:
    trace_output.write(traced(), tmp_path / "trace.csv")

    with (tmp_path / "trace.csv").open(encoding="utf-8", newline="") as file:
        _, *rows = list(csv.reader(file))
    assert [row[6] for row in rows] == [f"'{text}" for text in FORMULAS]
    assert not [cell for row in rows for cell in row if looks_like_a_formula(cell)]


def test_a_trace_as_a_workbook(tmp_path: Path) -> None:
    trace_output.write(traced(), tmp_path / "trace.xlsx")

    sheet = openpyxl.load_workbook(tmp_path / "trace.xlsx")["Trace"]
    cells = [cell for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells if looks_like_a_formula(cell.value))
    assert sum(cell.quotePrefix for cell in cells) == len(FORMULAS) * QUOTED_A_LINE


def test_a_copy_of_values() -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows([[formula, "texte"] for formula in FORMULAS])

    copy = copy_values(identify(text.getvalue().encode()), "=cmd.csv")

    (sheet,) = openpyxl.load_workbook(io.BytesIO(copy.content)).worksheets
    for (formula, plain), said in zip(sheet.iter_rows(), FORMULAS, strict=True):
        assert (formula.value, formula.data_type, formula.quotePrefix) == (said.replace("\r", "_x000D_"), "s", True)
        assert (plain.value, plain.quotePrefix) == ("texte", False)


def finding(text: str, state: State) -> Finding:
    """A finding whose every text from outside is this one."""
    when = datetime(2025, 1, 20, tzinfo=UTC)
    return Finding(
        "R1-0", 1, "ACT-06", "valeur", "actions", "cout_total", text, 7, 9, "I7", text, text, text, "territoire", state,
        when, text, text, 7, 9,
    )  # fmt: skip


def test_the_sheet_and_the_comments_of_a_marked_copy() -> None:
    states: tuple[State, ...] = ("ouvert", "conteste", "corrige", "leve", "justifie")
    lines = [FindingLine(finding(text, state), None, None) for text in FORMULAS for state in states]
    letter = Sheet("Fichier fictif", "=1+1", "=1+1", lines, [], ["=1+1"])
    blank = io.BytesIO()
    openpyxl.Workbook().save(blank)

    content = mark_workbook(
        blank.getvalue(),
        {"Sheet": {(1, 1): Mark(error=True, note="=cmd|' /C calc'!A0")}},
        lambda looks, outside: written(letter, looks, outside),
        REPEATED,
    )

    book = openpyxl.load_workbook(io.BytesIO(content))
    assert "=cmd|' /C calc'!A0" in book["Sheet"]["A1"].comment.text
    cells = [cell for row in book[SHEET].iter_rows() for cell in row if isinstance(cell.value, str)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert len([cell for cell in cells if looks_like_a_formula(cell.value)]) > 5 * len(FORMULAS)
    # Text for good: edited, a cell of this format stays text.
    in_table = [cell for cell in cells if looks_like_a_formula(cell.value) and not cell.coordinate.startswith("A")]
    assert {cell.number_format for cell in in_table} == {"@"}


def test_a_mail_has_the_headers_that_we_gave_it() -> None:
    evil = "a\r\nBcc: mal@mal.test\r\n\r\n<script>alert(1)</script>"
    letter = Letter(
        Occasion("accuse", "rejete", None, None, 1),
        ("cite@cite.test",),
        (),
        evil,
        f"=1+1\n{evil}",
        Attachment(f"../../{evil}.xlsx", b"x"),
    )
    message = compose(
        letter, sender_of(Settings(), dry_run=True), "<1@entrepot.invalid>", datetime(2025, 1, 20, tzinfo=UTC)
    )

    read = BytesParser(policy=policy.default).parsebytes(message.as_bytes())

    assert (read["Bcc"], read["To"], read.defects) == (None, "cite@cite.test", [])
    assert read["Subject"] == "a Bcc: mal@mal.test <script>alert(1)</script>"
    (attached,) = read.iter_attachments()
    assert attached.get_filename() == "script>.xlsx"
    body = read.get_body(("plain", "html"))
    assert body is not None and body.get_content_type() == "text/plain"


@pytest.mark.parametrize(
    "typed",
    [
        "a@cite.test\nBcc: mal@mal.test", "a@cite.test, mal@mal.test", "<a@cite.test>", "a b@cite.test",
        "\"a\"@cite.test", "a@cite", "a@-cite.test", "é@cite.test", "a@cite.test\x00", "a" * 65 + "@cite.test", "=1@",
    ],
)  # fmt: skip
def test_an_address_that_could_be_anything_else_is_none(typed: str) -> None:
    assert address(typed) is None
