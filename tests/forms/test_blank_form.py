"""The blank form: what it states, what it offers, what it refuses, and what is left of it after LibreOffice."""

import io
import re
import shutil
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from lxml import etree  # type: ignore[import-untyped]
from typer.testing import CliRunner

from entrepot.cli import app
from entrepot.errors import EntrepotError
from entrepot.forms.blank.checks import LONGEST_MESSAGE, LONGEST_TITLE
from entrepot.forms.blank.declared import Declared, NothingDeclared, declared_before
from entrepot.forms.blank.known import Suggestion, UnknownForm, vintage_of
from entrepot.forms.blank.looks import LOOKS
from entrepot.forms.reader import Reference, read_return
from entrepot.settings import Settings
from tests.conftest import Warehouse

from .filling import Filler, Form, Value, converted, found, known
from .form import answers

LIBREOFFICE = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
QUARTERS = ["2023-T4", "2024-T4"]
DECLARED = Declared({("ensemble", "identifies", "T"): ("2023-T3", 1234)}, ("CN03702M", "CV037"))


def form(quarter: str, territory: str = "cde-045") -> Form:
    return Form(known().subject(territory, quarter))


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def rule_of(sheet: Any, reference: str) -> Any:
    """The validation of a cell."""
    return next(rule for rule in sheet.data_validations.dataValidation if reference in rule.sqref)


def cell_of(workbook: Any, sheet: str, label: str, line: int = 0) -> Any:
    """The cell beside a question, or some lines under a header."""
    place = next(cell for row in workbook[sheet].iter_rows() for cell in row if cell.value == label)
    return place.offset(line, 0 if line else 1)


@pytest.mark.parametrize(
    ("territory", "quarter", "stated"),
    [
        ("cde-045", "2023-T4", {"trimestre": "T4 2023", "qpv_couverts": "QP037002; QP037003"}),
        ("cde-017", "2023-T4", {"trimestre": "T4 2023", "qpv_couverts": "QP97"}),
        ("cde-045", "2024-T1", {"trimestre": "T1 2024", "qpv_couverts": None, "version_gabarit": "2024"}),
        ("cde-017", "2024-T4", {"trimestre": "T4 2024", "qpv_couverts": "QP97", "contrats_ville": None}),
    ],
)
def test_it_states_whose_return_it_is_and_the_official_neighbourhoods(
    territory: str, quarter: str, stated: dict[str, str | None], reference: Reference
) -> None:
    read = read_return(form(quarter, territory).blank(), "retour.xlsx", reference)

    given = answers(read, "identification")
    assert (given["territoire_id"], given["nom_cite"]) == (territory, known().names[territory])
    assert {field: (given[field] or "")[: len(text or "")] or None for field, text in stated.items()} == stated


def test_neighbourhoods_of_2024_are_a_help_that_nobody_asserts() -> None:
    workbook = opened(form("2024-T1").blank())

    (offered,) = workbook.defined_names["liste_qpv"].destinations
    listed = [cell.value for (cell,) in workbook[offered[0]][offered[1]]]
    assert offered[0] == "Quartiers et contrats"
    assert listed[0] == "QN03702M - Rabière"
    assert all(re.match(r"QN037\d\d[MIN] - ", text) for text in listed)
    assert cell_of(workbook, "Identification", "QPV couverts").value is None


def test_a_contract_is_stated_once_the_territory_declared_it_in_this_generation(reference: Reference) -> None:
    read = read_return(form("2024-T1").blank(DECLARED), "retour.xlsx", reference)

    assert answers(read, "identification")["contrats_ville"] == "CN03702M"


def test_an_earlier_cumul_is_recalled_and_asked_about_but_never_filled_in(reference: Reference) -> None:
    content = form("2023-T4").blank(DECLARED)
    workbook = opened(content)

    cell = cell_of(workbook, "Bénéficiaires", "Ensemble")
    rule = rule_of(workbook["Bénéficiaires"], cell.coordinate)
    recalled = [value for row in workbook["Rappel"].iter_rows(values_only=True) for value in row if value == 1234]
    read = read_return(content, "retour.xlsx", reference)
    assert (cell.value, rule.errorStyle, recalled) == (None, "warning", [1234])
    assert "T3 2023 : 1\u202f234." in rule.prompt
    assert f"{cell.column_letter}{cell.row}>=1234" in rule.formula1.replace("$", "")
    assert set(found(form("2023-T4"), read)["beneficiaires"][0].values()) == {None}


def test_a_flow_recalls_no_cumul() -> None:
    assert "Rappel" not in opened(form("2024-T1").blank(DECLARED)).sheetnames


@pytest.mark.parametrize("quarter", [*QUARTERS, "2024-T1"])
def test_every_answer_has_a_message_in_french_and_every_choice_its_list(quarter: str) -> None:
    one = form(quarter)
    workbook = opened(one.blank())

    for tableau in one.tables:
        line = 0 if tableau.genre == "fiche" else 1
        for champ in tableau.champs:
            cell = cell_of(workbook, tableau.feuille, champ.libelle, line)
            locked = champ.champ in ("territoire_id", "nom_cite", "trimestre", "version_gabarit") or champ.modalites
            if tableau.genre != "liste":
                assert cell.protection.locked == bool(locked), champ.libelle
            if locked:
                continue
            rule = rule_of(workbook[tableau.feuille], cell.coordinate)
            assert rule.showInputMessage and 0 < len(rule.prompt) <= LONGEST_MESSAGE
            assert 0 < len(rule.promptTitle) <= LONGEST_TITLE
            if champ.liste:
                (place,) = workbook.defined_names[rule.formula1].destinations
                assert rule.type == "list"
                assert workbook[place[0]][place[1]]


def test_a_part_is_compared_with_its_whole_and_an_end_with_its_beginning() -> None:
    workbook = opened(form("2024-T4").blank())
    actions = workbook["Actions"]

    for label, comparison, other in (
        ("dont femmes", "<=", "Participants"), ("dont crédits Cité (€)", "<=", "Coût total (€)"),
        ("Date de fin", ">=", "Date de début"),
    ):  # fmt: skip
        part, whole = (cell_of(workbook, "Actions", name, 1).coordinate for name in (label, other))
        formula = rule_of(actions, part).formula1.replace("$", "")
        assert f"OR(NOT(ISNUMBER({whole})),{part}{comparison}{whole})" in formula


def test_no_sheet_of_partners_outside_the_last_quarter() -> None:
    assert "Partenaires" not in opened(form("2024-T1").blank()).sheetnames
    assert "Partenaires" in opened(form("2024-T4").blank()).sheetnames


@pytest.mark.parametrize("quarter", QUARTERS)
def test_sheets_print_on_one_page_across_with_their_header_and_footer(quarter: str) -> None:
    workbook = opened(form(quarter).blank())

    for sheet in workbook.worksheets:
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)  # absent: one page across
        assert sheet.oddFooter.left.text == f"cde-045 · T4 {quarter[:4]}"
        assert sheet.oddFooter.right.text == "Page &P / &N"
    actions = workbook["Actions"]
    header = 4 if quarter == "2023-T4" else 6
    assert (actions.print_title_rows, actions.freeze_panes) == (f"${header}:${header}", f"B{header + 1}")
    assert actions.page_setup.orientation == "landscape"


def test_the_page_of_instructions_says_when_where_and_whom_to_ask() -> None:
    words = "\n".join(
        str(value) for row in opened(form("2024-T4").blank())["Lisez-moi"].iter_rows(values_only=True) for value in row
    )

    assert "à renvoyer au plus tard le 14/02/2025" in words.lower()
    assert "Demandez à l'équipe nationale (fictif)." in words
    assert all(sheet in words for sheet in ("Identification", "Actions", "Gouvernance", "Partenaires", "Listes"))
    assert "n.d." in words and "s.o." in words


def contrast(ink: str, paper: str) -> float:
    """Contrast ratio of two colours, as WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        shares = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
        linear = [share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(ink), luminance(paper)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("look", LOOKS)
def test_texts_stand_out_from_what_is_behind_them(look: str) -> None:
    ink, paper = LOOKS[look].get("font_color", "#000000"), LOOKS[look].get("bg_color", "#FFFFFF")

    assert contrast(ink, paper) >= 4.5


def test_no_text_of_the_form_is_a_formula() -> None:
    subject = replace(known().subject("cde-045", "2024-T4"), nom="=1+1", qpv=(Suggestion("=2", "+3", ("@4",)),))

    workbook = opened(Form(subject).blank(DECLARED))

    cells = [cell for sheet in workbook.worksheets for row in sheet.iter_rows() for cell in row]
    assert {"=1+1", "=2 - +3", "@4"} <= {cell.value for cell in cells}
    assert {cell.data_type for cell in cells if isinstance(cell.value, str)} == {"s"}


def test_the_same_form_is_the_same_bytes() -> None:
    assert form("2024-T1").blank() == form("2024-T1").blank()


@LIBREOFFICE
def test_formulas_accept_what_reading_takes_and_the_two_words(tmp_path: Path) -> None:
    """Each formula is computed by LibreOffice, on what a person may type."""
    workbook = opened(form("2024-T4").blank())
    cases: dict[tuple[str, str], dict[Value, bool]] = {
        ("Actions", "Nb de séances"): {1: True, 1.5: False, 0: False, "n.d.": False, "deux": False},
        ("Actions", "Participants"): {0: True, -1: False, 2.5: False, "n.d.": True, "S.O.": True, "environ": False},
        ("Actions", "Coût total (€)"): {0: True, 12.5: True, -1: False, "s.o.": True},
        ("Gouvernance", "ETP d'ingénierie dédiés"): {0.5: True, -0.5: False, "n.d.": True},
        ("Gouvernance", "Niveau de coopération atteint"): {1: True, 5: True, 6: False, 3.5: False},
        ("Identification", "Date d'arrêté des données"): {
            date(2024, 10, 1): True, date(2024, 9, 30): False, "n.d.": False, "mars 2024": False,
        },
        ("Actions", "Date de début"): {date(2024, 10, 1): True, 45566: True, 12: False, "n.d.": True, "hier": False},
        ("Bénéficiaires", "Identifiés F"): {0: True, -1: False, 1.5: False, "n.d.": True},
    }  # fmt: skip
    trial = openpyxl.Workbook()
    sheet = trial.active
    wanted: list[tuple[str, Value, bool]] = []
    for (name, label), answers_ in cases.items():
        line = 0 if name in ("Identification", "Gouvernance") else 1
        cell = cell_of(workbook, name, label, line)
        formula = rule_of(workbook[name], cell.coordinate).formula1
        for value, accepted in answers_.items():
            row = len(wanted) + 1
            sheet.cell(row, 1, value)
            sheet.cell(row, 2, "=" + re.sub(rf"\$?{cell.column_letter}\$?{cell.row}\b", f"A{row}", formula))
            wanted.append((label, value, accepted))
    trial.save(tmp_path / "essai.xlsx")

    (computed,) = converted([tmp_path / "essai.xlsx"], "ods", tmp_path / "calcul")

    (tab,) = opened_ods(computed.read_bytes())
    assert [(label, value, bool(result)) for (label, value, _), (_, result) in zip(wanted, tab, strict=True)] == wanted


def opened_ods(content: bytes) -> list[list[list[Any]]]:
    from python_calamine import CalamineWorkbook

    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [workbook.get_sheet_by_name(name).to_python() for name in workbook.sheet_names]


@LIBREOFFICE
def test_libreoffice_keeps_values_lists_messages_and_protection(tmp_path: Path) -> None:
    forms = {quarter: form(quarter) for quarter in QUARTERS}
    sources = []
    for quarter, one in forms.items():
        sources.append(tmp_path / f"{quarter}.xlsx")
        sources[-1].write_bytes(one.blank(DECLARED))

    as_xlsx = converted(sources, "xlsx", tmp_path / "xlsx")
    as_ods = converted(sources, "ods", tmp_path / "ods")

    for source, xlsx, ods in zip(sources, as_xlsx, as_ods, strict=True):
        ours, theirs = opened(source.read_bytes()), opened(xlsx.read_bytes())
        assert theirs.sheetnames == ours.sheetnames
        for sheet in ours.worksheets:
            other = theirs[sheet.title]
            assert other.protection.sheet
            assert values(other) == values(sheet)
            assert prompts(other) == prompts(sheet)
        assert kept_in_ods(ods.read_bytes()) == {
            "protected": len(ours.sheetnames),
            "prompts": len({prompt[:2] for sheet in ours.worksheets for prompt in prompts(sheet)}),
        }
        # Below the header, every line of a list is open, however many there are; the header is not.
        columns = opened(xlsx.read_bytes())["Actions"].column_dimensions
        assert not columns["B"].protection.locked
        assert cell_of(theirs, "Actions", "Axe", 0).offset(0, -1).protection.locked


def values(sheet: Any) -> list[tuple[str, Any]]:
    return [(cell.coordinate, cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]


def prompts(sheet: Any) -> set[tuple[str, str, str | None, str | None]]:
    """What cells say, and how they refuse."""
    return {
        (rule.promptTitle, rule.prompt, rule.errorStyle or "stop", rule.error)
        for rule in sheet.data_validations.dataValidation
    }


def kept_in_ods(content: bytes) -> dict[str, int]:
    root = etree.fromstring(zipfile.ZipFile(io.BytesIO(content)).read("content.xml"))
    table = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
    messages = {
        (message.get(f"{table}title"), "".join(message.itertext())) for message in root.iter(f"{table}help-message")
    }
    protected = [sheet for sheet in root.iter(f"{table}table") if sheet.get(f"{table}protected") == "true"]
    return {"protected": len(protected), "prompts": len(messages)}


@pytest.mark.parametrize("server", ["embedded"], indirect=True)
def test_values_of_earlier_quarters_come_from_what_is_published(published_warehouse: Warehouse) -> None:
    settings = published_warehouse.settings.model_copy(update={"reader_url": None})

    declared = declared_before(settings, "2023-T4")["cde-001"]

    quarter, value = declared.cumuls["ensemble", "identifies", "T"]
    ((last, published),) = published_warehouse.rows(
        "select trimestre, valeur from marts.fct_beneficiaires where territoire_id = 'cde-001' and public = 'ensemble'"
        " and indicateur = 'identifies' and sexe = 'T' and valeur is not null and trimestre < '2023-T4'"
        " order by trimestre desc limit 1"
    )
    assert (quarter, value) == (last, published)
    assert all(code.startswith(("CN", "CV")) for code in declared.contrats) and declared.contrats
    assert declared_before(settings, "2022-T1")["cde-001"].cumuls == {}


def test_without_a_warehouse_forms_say_so(tmp_path: Path) -> None:
    with pytest.raises(NothingDeclared, match="no warehouse here yet"):
        declared_before(Settings(state_dir=tmp_path, database_url=None), "2023-T4")


def test_the_command_writes_one_form_or_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = shutil.copytree(Settings().seeds_dir, tmp_path / "projet/dbt_project/seeds")
    territories = (seeds / "ref_territoires.csv").read_text(encoding="utf-8").splitlines()
    (seeds / "ref_territoires.csv").write_text("\n".join(territories[:4]), encoding="utf-8")
    monkeypatch.setenv("ENTREPOT_PROJECT_DIR", str(tmp_path / "projet"))
    monkeypatch.setenv("ENTREPOT_STATE_DIR", str(tmp_path / "etat"))
    monkeypatch.delenv("ENTREPOT_DATABASE_URL", raising=False)
    one, folder = tmp_path / "un" / "retour.xlsx", tmp_path / "tous"

    said = run("form", "--territoire", "cde-002", "--trimestre", "2024-T1", "--out", str(one))
    run("form", "--all", "--trimestre", "2023-T4", "--out", str(folder))

    assert "There is no warehouse here yet" in said
    assert one.exists()
    assert sorted(path.name for path in folder.iterdir()) == [f"cde-00{n}_2023-T4.xlsx" for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--trimestre", "2024-T1"], "Say which territory"),
        (["--trimestre", "2024-T1", "--all", "--territoire", "cde-045"], "Say which territory"),
        (["--trimestre", "T1 2024", "--territoire", "cde-045"], "write it like 2024-T1, from 2022-T1 to 2024-T4"),
        (["--trimestre", "2024-T1", "--territoire", "cde-999"], "give one from cde-001 to cde-084"),
    ],
)
def test_a_form_that_does_not_exist_is_explained(arguments: list[str], why: str, tmp_path: Path) -> None:
    with pytest.raises(EntrepotError, match=why):
        run("form", *arguments, "--out", str(tmp_path / "f.xlsx"))


def test_a_quarter_that_no_vintage_serves_has_no_form() -> None:
    with pytest.raises(UnknownForm, match="No form serves quarter '2031-T1'"):
        vintage_of("2031-T1")


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments))
    if done.exception is not None:
        raise done.exception
    return done.output


def test_a_wrong_answer_in_the_form_would_be_seen(reference: Reference) -> None:
    """The comparison of the round trip is no comparison of nothing with nothing."""
    one = form("2024-T4")
    filling: dict[str, list[dict[str, Any]]] = {
        tableau.tableau: [{"intitule": "Forum"}] if tableau.tableau == "actions" else [{}] for tableau in one.tables
    }
    filling["actions"][0]["numero"] = 1

    read = read_return(Filler(one).filled(filling), "retour.xlsx", reference)

    assert found(one, read)["actions"][0]["intitule"] == "Forum"
