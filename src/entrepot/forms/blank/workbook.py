"""Write the blank form: every table where the map of its vintage says, prefilled, protected and explained."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from itertools import chain
from math import ceil
from typing import Any

import xlsxwriter
from xlsxwriter.utility import quote_sheetname, xl_col_to_name, xl_rowcol_to_cell

from entrepot.forms.blank.checks import Asked, check, range_name
from entrepot.forms.blank.declared import Declared
from entrepot.forms.blank.known import Subject, Suggestion, prefilled, vintage_of
from entrepot.forms.blank.looks import LOOKS, input_look, width_of
from entrepot.forms.blank.texts import FormTexts, texts
from entrepot.forms.choices import Choices, Line, as_typed
from entrepot.forms.places import Place, answer_place, fields
from entrepot.forms.vintage import Champ, FieldType, Millesime, Tableau
from entrepot.restitution import french

# Lines of a list that offer their choices; more may be typed.
LINES = 1000
# Answers that say whose return it is: written by us, locked.
FIXED = frozenset({"territoire_id", "nom_cite", "trimestre", "version_gabarit"})

QUESTION_WIDTH, ANSWER_WIDTH, PUBLIC_WIDTH = 46, 46, 36
README_WIDTHS = 24, 100
LISTED_WIDTHS = 12, 46
LINE_HEIGHT = 15
TITLE_HEIGHTS = 24, 20
HEADER_HEIGHT, HINT_HEIGHT = 50, 26
# Line of the header on the sheets that are looked at, from 0.
LISTED_HEADER = 3
MARGINS = {"left": 0.4, "right": 0.4, "top": 0.5, "bottom": 0.6}
LANDSCAPE, A4 = True, 9
PROTECTED = {"format_cells": True, "format_columns": True, "format_rows": True}


def blank_form(subject: Subject, declared: Declared, choices: Choices, contact: str) -> bytes:
    """Write the form of a territory and a quarter.

    Args:
        subject: the territory, the quarter, and what is known of them.
        declared: what the territory declared before.
        choices: labels of the lists.
        contact: whom to ask, in French.

    Returns:
        An .xlsx; the same arguments always give the same bytes.
    """
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_urls": False}) as book:
        _Form(book, subject, declared, choices, contact).write()
    return buffer.getvalue()


@dataclass
class _Form:
    book: Any
    subject: Subject
    declared: Declared
    choices: Choices
    contact: str
    _formats: dict[str, Any] = field(default_factory=dict)
    _lists: frozenset[str] = frozenset()

    @cached_property
    def texts(self) -> FormTexts:
        return texts()

    @cached_property
    def vintage(self) -> Millesime:
        return vintage_of(self.subject.trimestre.code)

    @cached_property
    def tables(self) -> list[Tableau]:
        """Tables asked in this quarter."""
        number = int(self.subject.trimestre.code[-1])
        return [tableau for tableau in self.vintage.tableaux if number in tableau.trimestres]

    @cached_property
    def words(self) -> dict[str, str]:
        """What the sentences of the form may name."""
        quarter = self.subject.trimestre
        return {
            "nom": self.subject.nom,
            "territoire": self.subject.territoire_id,
            "trimestre": french.quarter(quarter.code),
            "millesime": self.vintage.millesime,
            "debut": french.day(quarter.first_day),
            "fin": french.day(quarter.last_day),
            "echeance": french.day(quarter.due),
            "contact": self.contact,
            "generation": self.subject.generation,
        }

    def write(self) -> None:
        title = f"{self.texts.titre} - {self.subject.territoire_id} - {self.words['trimestre']}"
        made = datetime.combine(self.subject.trimestre.first_day, time())
        self.book.set_properties({"title": title, "author": "ANCT", "created": made})
        readme = self._sheet(self.texts.lisez_moi, landscape=False)
        sheets = {name: self._sheet(name) for name in dict.fromkeys(tableau.feuille for tableau in self.tables)}
        recall = self._sheet(self.texts.rappel) if self._recalled else None
        places, listing = self._sheet(self.texts.quartiers), self._sheet(self.texts.listes)
        self._lists = frozenset(chain(self._write_places(places), self._write_lists(listing)))
        for name, sheet in sheets.items():
            self._write_form_sheet(sheet, [tableau for tableau in self.tables if tableau.feuille == name])
        if recall and self._recalled:
            self._write_recall(recall, *self._recalled)
        self._write_readme(readme)
        readme.activate()

    # Sheets and formats

    def _sheet(self, name: str, *, landscape: bool = LANDSCAPE) -> Any:
        sheet = self.book.add_worksheet(name)
        if landscape:
            sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(**MARGINS)
        foot = self.texts.pied.format(**self.words).replace("&", "&&")
        sheet.set_footer(f"&L{foot}&C{name.replace('&', '&&')}&RPage &P / &N")
        sheet.hide_gridlines(2)
        return sheet

    def _format(self, name: str) -> Any:
        if name not in self._formats:
            self._formats[name] = self.book.add_format(LOOKS[name])
        return self._formats[name]

    def _input(self, kind: FieldType) -> Any:
        name = f"input {kind}"
        if name not in self._formats:
            self._formats[name] = self.book.add_format(input_look(kind))
        return self._formats[name]

    # The tables of the form

    def _write_form_sheet(self, sheet: Any, tables: list[Tableau]) -> None:
        free = [tableau for tableau in tables if tableau.genre == "liste"]
        self._set_columns(sheet, tables)
        if free:
            # A list has as many lines as people need: its columns are open, the rows above it are not.
            for row in range(max(tableau.ligne for tableau in free)):
                sheet.set_row(row, None, self._format("plain"))
        for row, height in enumerate(TITLE_HEIGHTS):
            sheet.set_row(row, height, self._format("plain"))
        title = f"{tables[0].feuille} - {self.texts.objet.format(**self.words)}"
        sheet.write_string(0, 0, title, self._format("title"))
        for tableau in tables:
            # Alone in its line: under the title of the sheet, or above the header of the second table.
            row = 1 if tableau is tables[0] else tableau.ligne - 2
            sheet.write_string(row, 0, tableau.consigne, self._format("note"))
            self._write_table(sheet, tableau)
        header = tables[0].ligne
        if len(tables) == 1 and tables[0].genre != "fiche":
            sheet.freeze_panes(header, 1)
            sheet.repeat_rows(header - 1)
        sheet.protect("", {**PROTECTED, "insert_rows": bool(free), "sort": bool(free)})

    def _set_columns(self, sheet: Any, tables: list[Tableau]) -> None:
        widths: dict[int, int] = {}
        opened: dict[int, Any] = {}
        for tableau in tables:
            if tableau.genre == "fiche":
                widths |= {1: QUESTION_WIDTH, 2: ANSWER_WIDTH}
                continue
            for champ, label in fields(tableau):
                width = PUBLIC_WIDTH if champ.modalites else width_of(champ)
                widths[label.column] = max(width, widths.get(label.column, 0))
                if tableau.genre == "liste":
                    opened[label.column] = self._input(champ.type)
        for column, width in widths.items():
            sheet.set_column(column - 1, column - 1, width, opened.get(column))

    def _write_table(self, sheet: Any, tableau: Tableau) -> None:
        places = dict(fields(tableau))
        if tableau.genre != "fiche":
            sheet.set_row(tableau.ligne - 1, HEADER_HEIGHT, self._format("plain"))
        for champ, label in places.items():
            question = "required" if champ.requis else "label"
            look = question if tableau.genre == "fiche" else "header"
            sheet.write_string(label.row - 1, label.column - 1, champ.libelle, self._format(look))
        match tableau.genre:
            case "fiche":
                self._write_answers(sheet, tableau, places)
            case "croise":
                self._write_cross_table(sheet, tableau, places)
            case "liste":
                self._write_list(sheet, tableau, places)

    def _write_answers(self, sheet: Any, tableau: Tableau, places: Mapping[Champ, Place]) -> None:
        known: Line = prefilled(self.subject, self.declared.contrats) if tableau.tableau == "identification" else {}
        at = {champ.champ: answer_place(tableau, label, 1) for champ, label in places.items()}
        for champ in tableau.champs:
            value = self.choices.printed(known.get(champ.champ), champ, self.vintage.millesime)
            if champ.champ in FIXED:
                _write(sheet, at[champ.champ], value, self._format("fixed"))
                continue
            _write(sheet, at[champ.champ], value, self._input(champ.type))
            lines = ceil(len(str(value or "")) / ANSWER_WIDTH)
            if lines > 1:
                sheet.set_row(at[champ.champ].row - 1, LINE_HEIGHT * lines)
            self._check(sheet, tableau, champ, at)

    def _write_cross_table(self, sheet: Any, tableau: Tableau, places: Mapping[Champ, Place]) -> None:
        key, *figures = tableau.champs
        labels = self.choices.of(key.liste or "", self.vintage.millesime)
        recalled = self.declared.cumuls if tableau.nature == "cumul" else {}
        for line, code in enumerate(key.modalites, start=1):
            at = {champ.champ: answer_place(tableau, label, line) for champ, label in places.items()}
            _write(sheet, at[key.champ], labels[code], self._format("label"))
            for champ in figures:
                _write(sheet, at[champ.champ], None, self._input(champ.type))
                if recalled:
                    earlier = recalled.get((code, champ.indicateur or "", champ.sexe or ""))
                    self._check(sheet, tableau, champ, at, earlier=earlier)
                elif line == 1:
                    self._check(sheet, tableau, champ, at, lines=len(key.modalites))

    def _write_list(self, sheet: Any, tableau: Tableau, places: Mapping[Champ, Place]) -> None:
        alone = len([other for other in self.tables if other.feuille == tableau.feuille]) == 1
        if alone:
            sheet.set_row(tableau.ligne - 2, HINT_HEIGHT, self._format("plain"))
            for champ, label in places.items():
                _write(sheet, Place(label.row - 1, label.column), self._hint(champ), self._format("hint"))
        at = {champ.champ: answer_place(tableau, label, 1) for champ, label in places.items()}
        for champ in tableau.champs:
            self._check(sheet, tableau, champ, at, lines=LINES)

    def _hint(self, champ: Champ) -> str:
        kind = "choix" if champ.attributs.elements_max == 1 else champ.type
        hint = self.texts.attendus[kind]
        return f"{self.texts.attendus['obligatoire']}, {hint}" if champ.requis else hint

    def _check(
        self,
        sheet: Any,
        tableau: Tableau,
        champ: Champ,
        at: Mapping[str, Place],
        *,
        earlier: tuple[str, int] | None = None,
        lines: int = 1,
    ) -> None:
        place = at[champ.champ]
        references = {
            name: xl_rowcol_to_cell(other.row - 1, other.column - 1, col_abs=True) for name, other in at.items()
        }
        asked = Asked(champ, references[champ.champ], references, tableau.par_champ, self._lists, self.subject, earlier)
        sheet.data_validation(
            place.row - 1, place.column - 1, place.row + lines - 2, place.column - 1, check(asked, self.texts)
        )

    # What the form offers

    def _write_places(self, sheet: Any) -> Iterator[str]:
        """Write the neighbourhoods and contracts of the territory, and give the names of their ranges."""
        subject = self.subject
        self._head(sheet, self.texts.quartiers, self.texts.feuilles.quartiers)
        column = 0
        if subject.qpv:
            header = self.texts.qpv_officiels if subject.qpv_official else self.texts.qpv_aide
            yield self._listing(sheet, column, header.format(**self.words), _shown(subject.qpv), "liste_qpv")
            column += 1
            if not subject.qpv_official:
                communes = [", ".join(qpv.communes) for qpv in subject.qpv]
                self._listing(sheet, column, self.texts.communes, communes)
                column += 1
        if subject.contrats and any(champ.type == "codes_contrat" for table in self.tables for champ in table.champs):
            yield self._listing(sheet, column, self.texts.contrats, _shown(subject.contrats), "liste_contrats")
        sheet.protect("", PROTECTED)

    def _write_lists(self, sheet: Any) -> Iterator[str]:
        """Write the choices of each list, and give the names of their ranges."""
        self._head(sheet, self.texts.listes, self.texts.feuilles.listes)
        for column, (liste, users) in enumerate(self._lists_used().items()):
            labels = self.choices.of(liste, self.vintage.millesime)
            items = [as_typed(label) for label in labels.values()]
            names = {name: len(items) for champ in users if (name := range_name(champ))}
            with_words = f"liste_{liste}_ou_rien"
            asks_nothing = "sans_objet" in labels
            if with_words in names:
                items += [word for word in self.texts.mots if not (word == self.texts.sans_objet and asks_nothing)]
                names[with_words] = len(items)
            header = " · ".join(dict.fromkeys(champ.libelle for champ in users))
            self._listing(sheet, column, header, items)
            for name, count in names.items():
                yield self._name(sheet, column, name, count)
        sheet.protect("", PROTECTED)

    def _head(self, sheet: Any, title: str, note: str) -> None:
        sheet.set_row(0, TITLE_HEIGHTS[0])
        sheet.write_string(0, 0, title, self._format("title"))
        sheet.write_string(1, 0, note, self._format("note"))
        sheet.set_row(LISTED_HEADER, HEADER_HEIGHT)
        sheet.freeze_panes(LISTED_HEADER + 1, 0)
        sheet.repeat_rows(LISTED_HEADER)

    def _listing(
        self, sheet: Any, column: int, header: str, items: Sequence[str | int], name: str | None = None
    ) -> str:
        longest = max(map(len, map(str, items)), default=0) + 2
        sheet.set_column(column, column, min(max(longest, LISTED_WIDTHS[0], len(header) // 3), LISTED_WIDTHS[1]))
        sheet.write_string(LISTED_HEADER, column, header, self._format("header"))
        for row, item in enumerate(items, start=LISTED_HEADER + 1):
            _write(sheet, Place(row + 1, column + 1), item, self._format("listed"))
        return self._name(sheet, column, name, len(items)) if name else ""

    def _name(self, sheet: Any, column: int, name: str, count: int) -> str:
        letters, first = xl_col_to_name(column), LISTED_HEADER + 2
        self.book.define_name(name, f"={quote_sheetname(sheet.name)}!${letters}${first}:${letters}${first + count - 1}")
        return name

    def _lists_used(self) -> dict[str, list[Champ]]:
        used: dict[str, list[Champ]] = {}
        for tableau in self.tables:
            for champ in tableau.champs:
                if champ.liste and not champ.modalites:
                    used.setdefault(champ.liste, []).append(champ)
        return used

    # What was declared before

    @cached_property
    def _recalled(self) -> tuple[Tableau, str] | None:
        """The cross table of cumuls that were declared before, and the last quarter they speak of."""
        quarters = [quarter for quarter, _ in self.declared.cumuls.values()]
        table = next((tableau for tableau in self.tables if tableau.nature == "cumul"), None)
        return (table, max(quarters)) if table and quarters else None

    def _write_recall(self, sheet: Any, tableau: Tableau, quarter: str) -> None:
        key, *figures = tableau.champs
        labels = self.choices.of(key.liste or "", self.vintage.millesime)
        shown = french.quarter(quarter)
        sheet.set_row(0, TITLE_HEIGHTS[0])
        sheet.write_string(0, 0, self.texts.rappel_titre.format(trimestre=shown), self._format("title"))
        sheet.write_string(1, 0, self.texts.feuilles.rappel.format(trimestre=shown), self._format("note"))
        sheet.set_column(0, 0, PUBLIC_WIDTH)
        sheet.set_column(1, len(figures), max(map(width_of, figures)))
        sheet.set_row(3, HEADER_HEIGHT)
        for column, champ in enumerate(tableau.champs):
            sheet.write_string(3, column, champ.libelle, self._format("header"))
        for row, code in enumerate(key.modalites, start=4):
            sheet.write_string(row, 0, labels[code], self._format("label"))
            for column, champ in enumerate(figures, start=1):
                found = self.declared.cumuls.get((code, champ.indicateur or "", champ.sexe or ""))
                value = found[1] if found else self.texts.aucun_rappel
                _write(sheet, Place(row + 1, column + 1), value, self._format("counted"))
        sheet.protect("", PROTECTED)

    # The page of instructions

    def _write_readme(self, sheet: Any) -> None:
        for column, width in enumerate(README_WIDTHS):
            sheet.set_column(column, column, width)
        sheet.set_row(0, TITLE_HEIGHTS[0])
        sheet.write_string(0, 0, self.texts.titre, self._format("title"))
        sheet.write_string(1, 0, self.texts.objet.format(**self.words), self._format("subtitle"))
        row = 3
        for section in self.texts.instructions:
            for column in range(len(README_WIDTHS)):
                sheet.write_blank(row, column, None, self._format("section"))
            sheet.write_string(row, 0, section.titre, self._format("section"))
            row += 1
            if not section.lignes:
                for name, purpose in self._purposes():
                    sheet.write_url(row, 0, f"internal:{quote_sheetname(name)}!A1", self._format("link"), name)
                    sheet.write_string(row, 1, purpose, self._format("line"))
                    row += 1
            for line in section.lignes:
                sheet.write_string(row, 1, line.format(**self.words), self._format("line"))
                row += 1
            row += 1
        sheet.protect("", PROTECTED)

    def _purposes(self) -> Iterator[tuple[str, str]]:
        """What each sheet is for."""
        for name in dict.fromkeys(tableau.feuille for tableau in self.tables):
            yield name, " ".join(tableau.consigne for tableau in self.tables if tableau.feuille == name)
        if self._recalled:
            quarter = french.quarter(self._recalled[1])
            yield self.texts.rappel, self.texts.feuilles.rappel.format(trimestre=quarter)
        yield self.texts.quartiers, self.texts.feuilles.quartiers
        yield self.texts.listes, self.texts.feuilles.listes


def _write(sheet: Any, place: Place, value: str | int | float | date | None, look: Any) -> None:
    """Put a value as what it is: a text is never taken for a formula or a link."""
    row, column = place.row - 1, place.column - 1
    match value:
        case None:
            sheet.write_blank(row, column, None, look)
        case str():
            sheet.write_string(row, column, value, look)
        case date():
            sheet.write_datetime(row, column, value, look)
        case _:
            sheet.write_number(row, column, value, look)


def _shown(suggestions: Iterable[Suggestion]) -> list[str]:
    return [suggestion.text for suggestion in suggestions]
