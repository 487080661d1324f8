"""The sender's workbook with its faulty cells marked and our sheet in front; everything else keeps its bytes.

A library that reads a workbook and writes it again loses what it does not know: computed values, charts, extensions.
"""

from collections.abc import Callable, Mapping
from functools import partial

from entrepot.forms.normalise import normalise
from entrepot.sender.marks import Highlights, Mark, mark_sheet, unselect
from entrepot.sender.notes import Place
from entrepot.sender.ooxml import MAIN, RELATIONS, ROOT, WORKBOOK, Package, UnpatchableError
from entrepot.sender.outline import WORKBOOK_ORDER, Element, Outline
from entrepot.sender.styles import ERROR, LOOKS, QUESTION, Styles

SHEET = "Retour ANCT"
"""Name of our sheet. A workbook that comes back has it already: it is then written anew."""

_WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"

# What a sheet of ours is made of once the numbers of its looks are known, and how it links to an address outside.
Written = Callable[[Mapping[str, int], Callable[[str], str]], str]


def mark_workbook(content: bytes, marks: Mapping[str, Mapping[Place, Mark]], written: Written, repeated: str) -> bytes:
    """Mark cells of a workbook, and put our sheet in front.

    Macros are taken out, and signatures, which no longer hold.

    Args:
        content: an .xlsx (or .xlsm, .xltx, .xltm) whose sizes were checked.
        marks: by name of the sheet, then by cell; sheets that the workbook does not have are passed over.
        written: gives the XML of our sheet, told the numbers of its looks (`styles.LOOKS`) and given what makes a link
            to an address, by its identifier.
        repeated: rows of our sheet that each printed page repeats, such as `$4:$4`.

    Raises:
        UnpatchableError: something in the workbook cannot be completed.
    """
    package = Package(content)
    if package.related(WORKBOOK, "revisionHeaders"):
        raise UnpatchableError("le classeur est partagé, et garde l'histoire de ses changements")
    _make_inert(package)
    styles = Styles(package)
    highlights = Highlights(styles.differential(ERROR), styles.differential(QUESTION))
    looks = {name: styles.cell(look) for name, look in LOOKS.items()}
    styles.write()
    book = Outline(package.read(WORKBOOK), "workbook", ("sheets", "definedNames"))
    own = None
    for rank, (sheet, kind, part) in enumerate(_sheets(package, book)):
        if kind == "worksheet" and normalise(sheet.attributes.get("name", "")) == normalise(SHEET):
            own = rank, sheet, part
        elif kind == "worksheet":
            mark_sheet(package, part, marks.get(sheet.attributes.get("name", ""), {}), highlights)
        elif kind == "chartsheet":
            chart = Outline(package.read(part), "chartsheet")
            unselect(chart)
            package.put(part, chart.content())
        else:
            raise UnpatchableError("le classeur contient une feuille de macros ou de dialogue")
    if own is None:
        part = package.new_part("xl/worksheets/sheet-anct{}.xml")
        package.declare(part, _SHEET_TYPE)
        _list_first(book, None, package.relate(WORKBOOK, "worksheet", part), repeated)
    else:
        rank, sheet, part = own
        _forget(package, part)
        _list_first(book, (rank, sheet), sheet.attributes["r:id"], repeated)
    package.put(part, written(looks, partial(package.relate_address, part)).encode())
    package.put(WORKBOOK, book.content())
    return package.content()


def has_macros(content: bytes) -> bool:
    """Whether a workbook carries macros, which its marked copy will not."""
    return Package(content).related(WORKBOOK, "vbaProject") is not None


def _make_inert(package: Package) -> None:
    """Take out macros, what calls them from the ribbon, and signatures."""
    package.sever(WORKBOOK, "vbaProject")
    package.sever(WORKBOOK, "attachedToolbars")
    package.sever(ROOT, "extensibility")
    package.sever(ROOT, "origin")
    package.declare(WORKBOOK, _WORKBOOK_TYPE)


def _sheets(package: Package, book: Outline) -> list[tuple[Element, str, str]]:
    """Sheets in their order: element of the workbook, kind, part."""
    listed = book.find("sheets")
    relations = {relation.id: relation for relation in package.relations(WORKBOOK)}
    found = []
    for sheet in listed.children if listed else []:
        relation = relations.get(sheet.attributes.get("r:id", ""))
        if relation is None or relation.target is None or relation.target not in package:
            raise UnpatchableError("une feuille du classeur manque")
        found.append((sheet, relation.kind, relation.target))
    if not found:
        raise UnpatchableError("le classeur n'a pas de feuille")
    return found


def _forget(package: Package, part: str) -> None:
    """Let go of what the sender added to our sheet of an earlier copy."""
    if b"<f" in package.read(part):
        package.sever(WORKBOOK, "calcChain")  # it names cells with a formula, and spreadsheets make it again
    package.forget_relations(part)


def _list_first(book: Outline, before: tuple[int, Element] | None, link: str, repeated: str) -> None:
    """List our sheet first and show it first, and count the others from there.

    Args:
        book: the workbook.
        before: where an earlier copy left our sheet.
        link: relationship to our sheet.
        repeated: rows that each printed page repeats.
    """
    listed = book.find("sheets")
    assert listed is not None
    used = [int(number) for sheet in listed.children if (number := sheet.attributes.get("sheetId", "")).isdigit()]
    number = str(max(used, default=0) + 1)
    if before:
        number = before[1].attributes.get("sheetId", number)
        book.remove(before[1])
    book.insert_at(
        listed.children[0].start,
        f'<sheet xmlns="{MAIN}" xmlns:r="{RELATIONS}" name="{SHEET}" sheetId="{number}" r:id="{link}"/>',
    )
    for views in book.all("bookViews"):
        for attribute in ("activeTab", "firstSheet"):
            book.rewrite(views, attribute, lambda _: "0")
    _rename_places(book, before[0] if before else len(listed.children), repeated)


def _rename_places(book: Outline, rank: int, repeated: str) -> None:
    """Have names that belong to one sheet follow it, now that a sheet has gone from a rank to the first."""

    def moved(number: str) -> str:
        return str(int(number) + 1) if number.isdigit() and int(number) < rank else number

    title = (
        f'<definedName xmlns="{MAIN}" name="_xlnm.Print_Titles" localSheetId="0">\'{SHEET}\'!{repeated}</definedName>'
    )
    defined = book.find("definedNames")
    for name in defined.children if defined else []:
        if name.attributes.get("localSheetId") == str(rank):
            book.remove(name)
        else:
            book.rewrite(name, "localSheetId", moved)
    if defined and defined.children:
        book.insert_at(defined.children[0].start, title)
    else:
        if defined:
            book.remove(defined)
        book.insert("definedNames", f'<definedNames xmlns="{MAIN}">{title}</definedNames>', WORKBOOK_ORDER)
