"""A sheet of a workbook with some of its cells marked: by a rule laid over their own look, and by a comment.

No cell is written: its look, its formula and its value stay, byte for byte.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import range_boundaries

from entrepot.sender.notes import Notes, Place
from entrepot.sender.ooxml import MAIN, RELATIONS, Package
from entrepot.sender.outline import WORKSHEET_ORDER, Outline

# Always true, and known to be ours when the workbook comes back.
_ALWAYS = '"Retour ANCT"="Retour ANCT"'
_OURS = re.compile(rb'<[\w:]*formula>\s*(?:"|&quot;)Retour ANCT(?:"|&quot;)\s*=')
_RANGE = re.compile(r"[A-Z]{1,3}[1-9]\d{0,6}:[A-Z]{1,3}[1-9]\d{0,6}")
# Excel writes the cells of a rule in lists that it keeps short.
_CELLS_OF_A_RULE = 500


@dataclass(frozen=True)
class Mark:
    """What is said of a cell: whether it is rejected, or asked about, and the text of its comment."""

    error: bool
    note: str


@dataclass(frozen=True)
class Highlights:
    """Numbers of the styles laid over marked cells (dxf)."""

    error: int
    question: int


def unselect(outline: Outline) -> None:
    """Let a sheet not be selected: what is typed in one of several selected sheets is typed in all."""
    for view in outline.all("sheetViews"):
        outline.rewrite(view, "tabSelected", lambda _: "0")


def mark_sheet(package: Package, part: str, marks: Mapping[Place, Mark], highlights: Highlights) -> None:
    """Mark cells of a sheet, in the place of what an earlier copy marked; it is no more the sheet selected.

    Raises:
        UnpatchableError: the sheet cannot be completed.
    """
    outline = Outline(package.read(part), "worksheet", ("mergeCells",))
    unselect(outline)
    whole = _on_whole_cells(marks, outline)
    _highlight(outline, whole, highlights)
    _comment(package, part, outline, whole)
    package.put(part, outline.content())


def _on_whole_cells(marks: Mapping[Place, Mark], outline: Outline) -> dict[Place, Mark]:
    """Marks by cell seen: those on parts of a merged cell come together on its first."""
    merged = [
        range_boundaries(cell.attributes["ref"])
        for element in outline.all("mergeCells")
        for cell in element.children
        if _RANGE.fullmatch(cell.attributes.get("ref", ""))
    ]
    seen: dict[Place, list[Mark]] = {}
    for (row, column), mark in marks.items():
        place = next(
            ((top, left) for left, top, right, bottom in merged if top <= row <= bottom and left <= column <= right),
            (row, column),
        )
        seen.setdefault(place, []).append(mark)
    return {
        place: Mark(any(mark.error for mark in there), "\n\n".join(dict.fromkeys(mark.note for mark in there)))
        for place, there in seen.items()
    }


def _highlight(outline: Outline, marks: Mapping[Place, Mark], highlights: Highlights) -> None:
    styles = [(error, highlights.error if error else highlights.question) for error in (True, False)]
    lists = [
        (cells, number)
        for error, number in styles
        for cells in _lists(place for place, mark in sorted(marks.items()) if mark.error is error)
    ]
    # Rules of later versions of Excel (bars, icons) stand among the extensions.
    for element in outline.all("conditionalFormatting") + outline.all("extLst"):
        if element.name == "conditionalFormatting" and _OURS.search(outline.text(element)):
            outline.remove(element)
        elif lists:
            # Ours come before theirs, which would hide them: by their rank, and for LibreOffice by their place.
            outline.rewrite(element, "priority", lambda rank: str(int(rank) + len(lists)) if rank.isdigit() else rank)
    for rank, (cells, number) in enumerate(lists, start=1):
        outline.insert(
            "conditionalFormatting",
            f'<conditionalFormatting xmlns="{MAIN}" sqref="{cells}"><cfRule type="expression" dxfId="{number}"'
            f' priority="{rank}"><formula>{_ALWAYS}</formula></cfRule></conditionalFormatting>',
            WORKSHEET_ORDER,
        )


def _lists(places: Iterable[Place]) -> Iterator[str]:
    names = [f"{get_column_letter(column)}{row}" for row, column in places]
    for start in range(0, len(names), _CELLS_OF_A_RULE):
        yield " ".join(names[start : start + _CELLS_OF_A_RULE])


def _comment(package: Package, part: str, outline: Outline, marks: Mapping[Place, Mark]) -> None:
    if not marks and not package.related(part, "comments"):
        return
    shown = outline.find("legacyDrawing")
    notes = Notes(package, part, shown.attributes.get("r:id") if shown else None)
    cleared = notes.clear()
    if not (marks or cleared):
        return
    if marks:
        notes.add({place: mark.note for place, mark in marks.items()})
    if drawing := notes.write():
        fragment = f'<legacyDrawing xmlns="{MAIN}" xmlns:r="{RELATIONS}" r:id="{drawing}"/>'
        outline.insert("legacyDrawing", fragment, WORKSHEET_ORDER)
