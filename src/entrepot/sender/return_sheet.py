"""Our sheet of a marked copy, « Retour ANCT »: the verdict, the findings with a place to answer, what was read.

Every text is a text cell, whatever it begins with; answers are typed in cells whose format is text.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import ceil

from openpyxl.utils import get_column_letter

from entrepot.quality.staged import MASKED
from entrepot.restitution.french import day, plural
from entrepot.sender.findings import Finding
from entrepot.sender.ooxml import MAIN, RELATIONS
from entrepot.sender.outline import xml_attribute, xml_text
from entrepot.sender.texts import texts

# Rows above the findings: title, verdict, file and what to do, names of the columns. They stay on screen.
HEADER_ROW = 4
REPEATED = f"${HEADER_ROW}:${HEADER_ROW}"
_LINE_HEIGHT, _PADDING = 13, 4
# Letters that a column holds for each unit of its width, which is that of a figure in a larger size.
_LETTERS = 1.1
_HIGHEST = 400
_LONGEST_ANSWER = 1000
_LONGEST_TEXT = 32_767


@dataclass(frozen=True)
class Line:
    """A finding, and the cell to which its line leads, if there is one.

    Attributes:
        sheet: name of the sheet in the copy.
        cell: address in the sheet; none leads to the sheet.
    """

    finding: Finding
    sheet: str | None
    cell: str | None


@dataclass(frozen=True)
class ReadTable:
    """What was read of a table: its name, its sheet, its lines, its filled cells, and those that were rejected."""

    name: str
    sheet: str
    lines: int
    cells: int
    rejected: int


@dataclass(frozen=True)
class Letter:
    """What the sheet says.

    Attributes:
        alone: no sheet of the sender's follows it.
        dictionary: address at which each rule is explained, if there is one.
    """

    file: str
    verdict: str
    what_to_do: str
    lines: Sequence[Line]
    read: Sequence[ReadTable]
    notes: Sequence[str]
    alone: bool = False
    dictionary: str = ""


def written(letter: Letter, looks: Mapping[str, int], outside: Callable[[str], str]) -> str:
    """The sheet as XML.

    Args:
        letter: what it says.
        looks: number of each of `styles.LOOKS` in the workbook.
        outside: makes a link of the sheet to an address, and returns its identifier.
    """
    sheet = _Sheet(looks)
    said = texts()
    sheet.wide(said.titre, "titre", 24)
    sheet.wide(letter.verdict, "verdict")
    sheet.wide(f"{letter.file}\n{letter.what_to_do}", "texte")
    sheet.row([(column.titre, "entete") for column in said.colonnes])
    open_lines = [line for line in letter.lines if line.finding.is_open]
    for rule, of_rule in groupby(open_lines, key=lambda line: line.finding.regle):
        address = outside(f"{letter.dictionary}#{rule}") if letter.dictionary else None
        _write_group(sheet, rule, list(of_rule), address)
    settled = [line for line in letter.lines if not line.finding.is_open]
    if settled:
        sheet.wide(said.regles_repondues.format(nombre=_findings(len(settled))), "groupe")
        for line in settled:
            _write_line(sheet, line)
    if not letter.lines:
        sheet.wide(said.aucun, "texte")
    sheet.skip()
    sheet.wide(said.lu["titre"], "groupe")
    for text in _read(letter.read) or [said.lu["rien"]]:
        sheet.wide(text, "texte")
    sheet.skip()
    sheet.wide(said.lecture["titre"], "groupe")
    if not letter.alone:
        sheet.legend(said.gravites["valeur"], "erreur", said.lecture["erreur"])
        sheet.legend(said.gravites["suspicion"], "question", said.lecture["question"])
        sheet.wide(said.lecture["commentaire"], "texte")
    if letter.dictionary:
        text = said.lecture["dictionnaire"].format(adresse=letter.dictionary)
        sheet.wide(text, "adresse", link=outside(letter.dictionary))
    for text in letter.notes:
        sheet.wide(text, "texte")
    return sheet.xml()


def _write_group(sheet: "_Sheet", rule: str, lines: Sequence[Line], address: str | None) -> None:
    first = lines[0].finding
    sheet.wide(
        texts().groupe.format(
            regle=rule,
            gravite=texts().gravites[first.severite],
            nombre=_findings(len(lines)),
            qui=texts().qui[first.qui_corrige],
        ),
        "regle" if address else "groupe",
        link=address,
    )
    for line in lines:
        _write_line(sheet, line)


def _write_line(sheet: "_Sheet", line: Line) -> None:
    finding = line.finding
    state = texts().etats[finding.etat].format(jour=day(finding.etat_depuis), motif=finding.motif_levee)
    link = f"'{line.sheet.replace(chr(39), chr(39) * 2)}'!{line.cell or 'A1'}" if line.sheet else None
    answer = finding.reponse if finding.reponse != MASKED else None
    sheet.row(
        [
            (finding.reference, "case"),
            (texts().gravites[finding.severite], "erreur" if finding.is_error else "question"),
            (finding.feuille or "", "valeur"),
            (line.cell or ("→" if link else ""), "lien" if link else "case"),
            (finding.seen if finding.valeur_vue is not None or line.cell else "", "valeur"),
            (finding.valeur_attendue or "", "valeur"),
            (finding.constat, "valeur"),
            (state, "valeur"),
            (answer or "", "valeur" if finding.etat in ("corrige", "leve") else "reponse"),
        ],
        link,
    )


def _findings(number: int) -> str:
    return plural(number, "constat", "constats")


def _read(tables: Iterable[ReadTable]) -> list[str]:
    said = texts().lu
    return [
        said["tableau"].format(
            tableau=texts().tableaux.get(table.name, table.name.capitalize()),
            feuille=table.sheet.strip(),
            lignes=plural(table.lines, "ligne", "lignes"),
            cellules=plural(table.cells, "cellule remplie", "cellules remplies"),
            rejetees=said["rejetees"].format(nombre=table.rejected) if table.rejected else "",
        )
        for table in tables
    ]


@dataclass
class _Sheet:
    """Rows of the sheet, as they are written one under the other."""

    looks: Mapping[str, int]
    rows: list[str] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    @property
    def _number(self) -> int:
        return len(self.rows) + 1

    @property
    def _widths(self) -> list[int]:
        return [column.largeur for column in texts().colonnes]

    def wide(self, text: str, look: str, height: float | None = None, link: str | None = None) -> None:
        """A text over the whole width; the link is the identifier of one to an address outside."""
        if link:
            self.links.append(f'<hyperlink ref="A{self._number}" r:id="{link}"/>')
        self.merged.append(f"A{self._number}:{get_column_letter(len(self._widths))}{self._number}")
        big = 1.2 if look == "verdict" else 1
        height = height or _height(text, sum(self._widths) / big) * big
        self._write([(text, look), *[("", look)] * (len(self._widths) - 1)], height)

    def row(self, cells: Sequence[tuple[str, str]], link: str | None = None) -> None:
        """A row of the table; the link is on its fourth cell, the answer in its last."""
        number = self._number
        if link:
            self.links.append(f'<hyperlink ref="D{number}" location={xml_attribute(link)}/>')
        if cells[-1][1] == "reponse":
            self.answers.append(f"{get_column_letter(len(cells))}{number}")
        heights = (_height(text, width) for (text, _), width in zip(cells, self._widths, strict=True))
        self._write(cells, max(heights))

    def legend(self, word: str, look: str, text: str) -> None:
        """A look, and what it means."""
        number, last = self._number, get_column_letter(len(self._widths))
        self.merged += [f"B{number}:{last}{number}"]
        height = _height(text, sum(self._widths[1:]))
        self._write([(word, look), (text, "texte"), *[("", "texte")] * (len(self._widths) - 2)], height)

    def skip(self) -> None:
        """An empty row."""
        self._write([], _LINE_HEIGHT)

    def _write(self, cells: Sequence[tuple[str, str]], height: float) -> None:
        number = self._number
        written_cells = "".join(
            self._cell(f"{get_column_letter(column)}{number}", text, look)
            for column, (text, look) in enumerate(cells, start=1)
        )
        self.rows.append(f'<row r="{number}" ht="{min(height, _HIGHEST):g}" customHeight="1">{written_cells}</row>')

    def _cell(self, place: str, text: str, look: str) -> str:
        start = f'<c r="{place}" s="{self.looks[look]}"'
        if not text:
            return f"{start}/>"
        return f'{start} t="inlineStr"><is><t xml:space="preserve">{xml_text(text[:_LONGEST_TEXT])}</t></is></c>'

    def xml(self) -> str:
        """The whole sheet, its elements in the order that their schema wants."""
        widths = "".join(
            f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>'
            for n, width in enumerate(self._widths, start=1)
        )
        merged = "".join(f'<mergeCell ref="{cells}"/>' for cells in self.merged)
        below = HEADER_ROW + 1
        return (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
            f'<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONS}">'
            '<sheetPr><tabColor rgb="FF3A3A6A"/><pageSetUpPr fitToPage="1"/></sheetPr>'
            f'<dimension ref="A1:{get_column_letter(len(self._widths))}{len(self.rows)}"/>'
            '<sheetViews><sheetView showGridLines="0" tabSelected="1" workbookViewId="0">'
            f'<pane ySplit="{HEADER_ROW}" topLeftCell="A{below}" activePane="bottomLeft" state="frozen"/>'
            f'<selection pane="bottomLeft" activeCell="A{below}" sqref="A{below}"/></sheetView></sheetViews>'
            f'<sheetFormatPr defaultRowHeight="15"/><cols>{widths}</cols><sheetData>{"".join(self.rows)}</sheetData>'
            f'<mergeCells count="{len(self.merged)}">{merged}</mergeCells>'
            f"{self._validation()}"
            f"{'<hyperlinks>' + ''.join(self.links) + '</hyperlinks>' if self.links else ''}"
            '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>'
            '<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>'
            "<headerFooter><oddFooter>&amp;LRetour ANCT&amp;RPage &amp;P / &amp;N</oddFooter></headerFooter>"
            "</worksheet>"
        )

    def _validation(self) -> str:
        """What is said when an answer is about to be typed, and how long it may be."""
        if not self.answers:
            return ""
        said = texts().saisie
        return (
            '<dataValidations count="1"><dataValidation type="textLength" operator="lessThanOrEqual" allowBlank="1"'
            f' showInputMessage="1" showErrorMessage="1" errorTitle={xml_attribute(said["titre"])}'
            f" error={xml_attribute(said['refus'])} promptTitle={xml_attribute(said['titre'])}"
            f' prompt={xml_attribute(said["texte"])} sqref="{" ".join(self.answers)}">'
            f"<formula1>{_LONGEST_ANSWER}</formula1></dataValidation></dataValidations>"
        )


def _height(text: str, width: float) -> float:
    """Height of a row that shows a text in a column so many characters wide."""
    lines = sum(max(1, ceil(len(line) / (width * _LETTERS))) for line in text.split("\n"))
    return lines * _LINE_HEIGHT + _PADDING
