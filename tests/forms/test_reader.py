"""Returns as senders send them, read by what they are: one test for each ruling on structure."""

from datetime import date

import pytest

from entrepot.forms.reader import Constat, ReadReturn, Reference, read_return

from .form import (
    ACTIONS,
    Book,
    Value,
    answer,
    answers,
    filled,
    in_odfdo,
    in_openpyxl,
    in_xlwt,
    lines,
    marks,
    place,
    rules,
    saved,
    write_xlsx,
    zipped_csv,
)

TITLES = [action["intitule"] for action in ACTIONS]


@pytest.fixture
def form() -> Book:
    """A faultless return in the 2022 form."""
    return filled("2022", "T4 2023")


@pytest.fixture
def form_2024() -> Book:
    """A faultless return in the 2024 form."""
    return filled("2024", "T4 2024")


class Reader:
    """Reads forms against the project's reference data."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference

    def __call__(self, sent: Book | bytes, name: str = "retour.xlsx") -> ReadReturn:
        content = sent if isinstance(sent, bytes) else write_xlsx(sent)
        return read_return(content, name, self._reference)


@pytest.fixture
def read(reference: Reference) -> Reader:
    return Reader(reference)


def titles(returned: ReadReturn) -> list[str | None]:
    return [line["intitule"] for line in lines(returned, "actions")]


def only(returned: ReadReturn, regle: str) -> Constat:
    (constat,) = [constat for constat in returned.constats if constat.regle == regle]
    return constat


@pytest.mark.parametrize(
    ("millesime", "typed", "trimestre"), [("2022", "T4 2023", "2023-T4"), ("2024", "4e trimestre 2024", "2024-T4")]
)
def test_a_faultless_return(read: Reader, millesime: str, typed: str, trimestre: str) -> None:
    returned = read(filled(millesime, typed))

    assert (returned.genre, returned.format, returned.constats) == ("retour", "xlsx", [])
    assert (returned.territoire_id, returned.trimestre, returned.millesime) == ("cde-045", trimestre, millesime)
    assert answers(returned, "identification")["arrete_au"] == "2024-01-15"
    assert titles(returned) == TITLES
    assert answers(returned, "gouvernance")["etp"] == "1.5"
    assert lines(returned, "instances")[0]["reunions"] == "2"
    assert [line["partenaire"] for line in lines(returned, "partenaires")] == ["Mission locale", "CAF"]


def test_the_cross_table_says_which_public_each_line_is(read: Reader, form: Book) -> None:
    ensemble, femmes, *_ = lines(read(form), "beneficiaires")

    assert (ensemble["repere"], ensemble["identifies"], ensemble["sorties_positives"]) == ("ensemble", "100", "106")
    assert femmes["repere"] == "femmes"


@pytest.mark.parametrize("name", ["retour.xlsx", "retour.ods", "retour.xls", "retour.zip"])
@pytest.mark.parametrize(("millesime", "typed"), [("2022", "T4 2023"), ("2024", "T4 2024")])
def test_every_format_carries_the_same_return(read: Reader, name: str, millesime: str, typed: str) -> None:
    book = filled(millesime, typed)
    content = {
        "retour.xlsx": saved(in_openpyxl(book)),
        "retour.ods": saved(in_odfdo(book)),
        "retour.xls": saved(in_xlwt(book)),
        "retour.zip": zipped_csv(book, folder="Remontée fictive/"),
    }[name]

    returned = read(content, name)

    assert returned.constats == []
    assert returned.tableaux == read(book).tableaux
    if not name.endswith("zip"):  # dates and decimals are typed otherwise in a CSV
        assert returned.lignes == read(book).lignes


def test_every_line_is_kept_at_its_place(read: Reader, form: Book) -> None:
    returned = read(form)

    kept = {(feuille, ligne): cells for feuille, ligne, *_, cells, _ in returned.lignes}
    assert [nom for _, nom, _ in returned.feuilles] == list(form)
    assert kept[1, 1] == ["Données fictives"]
    assert kept[3, 5][:4] == ["1", "Recenser et fédérer", None, "Groupe fictif"]
    assert (3, 2) not in kept


# Sheets


def test_sheets_are_known_in_any_order_case_accents_and_spaces(read: Reader, form: Book) -> None:
    renamed = {
        "BENEFICIAIRES ": "Bénéficiaires",
        "actions": "Actions",
        "Gouvernance  ": "Gouvernance",
        "partenaires": "Partenaires",
    }
    book = {new: form[old] for new, old in renamed.items()}
    book["identification"] = form["Identification"]

    returned = read(book)

    assert (rules(returned), returned.territoire_id, titles(returned)) == ([], "cde-045", TITLES)


def test_an_extra_sheet_is_ignored(read: Reader, form: Book) -> None:
    form["Brouillon"] = [["Actions"], ["N°"]]

    assert rules(read(form)) == []


@pytest.mark.parametrize("name", ["Actions (2)", "Actions 1", "1. Actions"])
def test_a_numbered_sheet_is_read_with_a_suspicion(read: Reader, form: Book, name: str) -> None:
    form[name] = form.pop("Actions")

    returned = read(form)

    assert (rules(returned), only(returned, "SUS-01").feuille, titles(returned)) == (["SUS-01"], name, TITLES)


def test_of_two_candidates_the_exact_name_is_read(read: Reader, form: Book) -> None:
    copy: Book = {"Actions (2)": [["N°", "Axe", "Intitulé"], [1, "Innover", "Autre fictif"]]}

    returned = read(copy | form)

    assert (rules(returned), only(returned, "SUS-02").feuille, titles(returned)) == (["SUS-02"], "Actions (2)", TITLES)


@pytest.mark.parametrize("missing", ["Identification", "Actions", "Bénéficiaires", "Gouvernance", "Partenaires"])
def test_a_missing_sheet_rejects_the_return(read: Reader, form: Book, missing: str) -> None:
    del form[missing]

    returned = read(form)

    assert "STR-07" in rules(returned)
    assert {constat.feuille for constat in returned.constats if constat.regle == "STR-07"} == {missing}


def test_a_sheet_without_its_header_is_unrecognisable(read: Reader, form: Book) -> None:
    form["Actions"] = [["Voir le fichier joint"]]

    assert [constat.tableau for constat in read(form).constats if constat.regle == "STR-07"] == ["actions"]


def test_partners_are_not_missed_outside_a_fourth_quarter(read: Reader, form: Book) -> None:
    answer(form, "Trimestre", "T3 2023")
    del form["Partenaires"]

    assert rules(read(form)) == []


def test_partners_outside_a_fourth_quarter_are_ignored_with_a_suspicion(read: Reader, form: Book) -> None:
    answer(form, "Trimestre", "T3 2023")

    returned = read(form)

    assert rules(returned) == ["SUS-05"]
    assert "partenaires" not in [tableau for tableau, *_ in returned.tableaux]
    assert lines(read(filled("2022", "T4 2023")), "partenaires")


def test_instances_not_found_are_asked_about(read: Reader, form: Book) -> None:
    row, _ = place(form, "Gouvernance", "Instance")
    del form["Gouvernance"][row:]

    assert (rules(read(form)), only(read(form), "SUS-11").tableau) == (["SUS-11"], "instances")


# Headers and labels


def test_a_header_is_found_below_lines_and_beside_columns_that_were_inserted(read: Reader, form: Book) -> None:
    for name in ("Actions", "Bénéficiaires", "Partenaires"):
        form[name] = [["Note fictive"], [], *([None, None, *row] for row in form[name])]

    returned = read(form)

    assert (rules(returned), titles(returned)) == ([], TITLES)
    assert {tableau: (header, columns) for tableau, _, header, columns in returned.tableaux}["actions"][0] == 6
    assert lines(returned, "beneficiaires")[0]["identifies"] == "100"


def test_answers_are_found_beside_their_labels_wherever_these_are(read: Reader, form: Book) -> None:
    form["Identification"] = [["Note fictive"], [], *([None, None, *row] for row in reversed(form["Identification"]))]

    returned = read(form)

    assert (rules(returned), returned.territoire_id, returned.trimestre) == ([], "cde-045", "2023-T4")


def test_answers_one_column_further_are_read_there(read: Reader, form: Book) -> None:
    form["Identification"] = [
        [label, None, *rest] for label, *rest in (row or [None] for row in form["Identification"])
    ]

    assert answers(read(form), "identification")["structure_porteuse"] == "Structure fictive"


def test_help_typed_beside_the_answers_is_no_answer(read: Reader, form: Book) -> None:
    row, _ = place(form, "Identification", "Nom de la cité")
    form["Identification"][row] = ["Nom de la cité", None, "nom officiel"]

    assert answers(read(form), "identification")["nom_cite"] is None


def test_labels_are_known_whatever_their_case_accents_and_apostrophes(read: Reader, form: Book) -> None:
    for name in ("Identification", "Actions", "Gouvernance"):
        form[name] = [
            [
                value.upper().replace("É", "E").replace("'", "’")
                if isinstance(value, str) and value != "cde-045"
                else value
                for value in row
            ]
            for row in form[name]
        ]

    assert rules(read(form)) == []


def test_the_other_vintage_s_word_for_a_column_is_read_silently(read: Reader, form: Book) -> None:
    row, column = place(form, "Actions", "Nombre d'occurrences")
    form["Actions"][row][column] = "Nb de séances"

    returned = read(form)

    assert (rules(returned), returned.millesime, lines(returned, "actions")[0]["occurrences"]) == ([], "2022", "3")


def test_an_extra_column_is_a_suspicion_and_is_not_read(read: Reader, form: Book) -> None:
    header, column = place(form, "Actions", "Intitulé")
    for row in form["Actions"][header:]:
        row.insert(column, "Observations")

    returned = read(form)

    constat = only(returned, "SUS-08")
    assert (constat.valeur, constat.ligne, constat.colonne) == ("Observations", header + 1, column + 1)
    assert titles(returned) == TITLES


@pytest.mark.parametrize(("label", "regle"), [("Cofinanceurs", "SUS-11"), ("Intitulé", "VAL-01")])
def test_a_missing_column_is_a_suspicion_or_a_value_problem_when_required(
    read: Reader, form: Book, label: str, regle: str
) -> None:
    header, column = place(form, "Actions", label)
    for row in form["Actions"][header:]:
        del row[column]

    returned = read(form)

    assert rules(returned) == [regle]
    assert only(returned, regle).contexte == {"libelle": label}
    assert len(lines(returned, "actions")) == len(ACTIONS)


def test_a_question_that_the_form_does_not_ask_is_a_suspicion(read: Reader, form: Book) -> None:
    form["Identification"].append(["Effectif de l'équipe", 12])

    assert only(read(form), "SUS-08").valeur == "Effectif de l'équipe"


# Women and men in 2024


@pytest.mark.parametrize("public_stands", ["beside the groups", "beside F and H"])
def test_f_and_h_may_stand_under_a_merged_header(read: Reader, form_2024: Book, public_stands: str) -> None:
    header, _ = place(form_2024, "Bénéficiaires", "Identifiés F")
    labels = form_2024["Bénéficiaires"][header]
    groups: list[Value] = [None if str(label).endswith(" H") else str(label).removesuffix(" F") for label in labels]
    under: list[Value] = [None, *["F", "H"] * 7]
    if public_stands == "beside F and H":
        groups[0], under[0] = under[0], groups[0]
    form_2024["Bénéficiaires"][header : header + 1] = [groups, under]

    workbook = in_openpyxl(form_2024)
    for column in range(2, 16, 2):
        workbook["Bénéficiaires"].merge_cells(
            start_row=header + 1, start_column=column, end_row=header + 1, end_column=column + 1
        )
    returned = read(saved(workbook))

    assert (rules(returned), returned.millesime) == ([], "2024")
    assert lines(returned, "beneficiaires")[0] == lines(read(filled("2024", "T4 2024")), "beneficiaires")[0]
    assert [nature for _, _, name, nature, *_ in returned.lignes if name == "beneficiaires"][:3] == [
        "entete",
        "entete",
        "donnee",
    ]


def test_the_line_of_women_is_not_asked_in_2024(read: Reader, form_2024: Book) -> None:
    row, _ = place(form_2024, "Bénéficiaires", "Jeunes 16-25 ans")
    form_2024["Bénéficiaires"].insert(row, ["Femmes", 10, 0])

    returned = read(form_2024)

    assert (only(returned, "SUS-08").valeur, only(returned, "SUS-08").ligne) == ("Femmes", row + 1)
    assert "femmes" not in [line["repere"] for line in lines(returned, "beneficiaires")]


# Lines


def test_empty_lines_in_the_middle_do_not_end_a_table(read: Reader, form: Book) -> None:
    form["Actions"].insert(-1, [])

    assert titles(read(form)) == TITLES


@pytest.mark.parametrize("label", ["Total", "TOTAL GÉNÉRAL", "Sous-total :", "Ensemble", "Totaux"])
def test_totals_typed_under_a_list_are_kept_apart(read: Reader, form: Book, label: str) -> None:
    form["Actions"] += [[], [None, label, None, None, None, None, None, None, None, 3]]

    returned = read(form)

    assert titles(returned) == TITLES
    assert [line["occurrences"] for line in lines(returned, "actions", "total")] == ["3"]


def test_a_total_under_the_cross_table_is_not_its_ensemble_line(read: Reader, form: Book) -> None:
    form["Bénéficiaires"].append(["Total", 900])

    returned = read(form)

    assert (rules(returned), len(lines(returned, "beneficiaires", "total"))) == ([], 1)
    assert lines(returned, "beneficiaires")[0]["repere"] == "ensemble"


def test_a_remark_under_the_actions_is_no_action(read: Reader, form: Book) -> None:
    form["Actions"] += [[], ["* hors actions reportées au trimestre suivant"]]

    assert titles(read(form)) == TITLES


def test_instances_may_stand_above_the_questions(read: Reader, form: Book) -> None:
    row, _ = place(form, "Gouvernance", "Instance")
    form["Gouvernance"] = [*form["Gouvernance"][row:], [], *form["Gouvernance"][:row]]

    returned = read(form)

    assert (rules(returned), len(lines(returned, "instances"))) == ([], 1)
    assert answers(returned, "gouvernance")["service_copilote"] == "DDETS"


def merged(form: Book, label: str) -> bytes:
    """The form, with the cells of a column merged over both actions."""
    header, column = place(form, "Actions", label)
    workbook = in_openpyxl(form)
    workbook["Actions"].merge_cells(
        start_row=header + 2, start_column=column + 1, end_row=header + 3, end_column=column + 1
    )
    return saved(workbook)


def test_a_word_merged_over_several_lines_holds_for_each(read: Reader, form: Book) -> None:
    returned = read(merged(form, "Axe"))

    assert [line["axe"] for line in lines(returned, "actions")] == ["Recenser et fédérer"] * 2
    assert (rules(returned), marks(returned, "actions")) == ([], {})


def test_an_amount_merged_over_several_lines_stands_on_the_first_only(read: Reader, form: Book) -> None:
    returned = read(merged(form, "Coût total (€)"))

    assert [line["cout_total"] for line in lines(returned, "actions")] == ["1200.5", None]
    assert marks(returned, "actions") == {5: {"14": "fusion"}}


def test_errors_and_formulas_without_value_are_marked(read: Reader, form: Book) -> None:
    row, column = place(form, "Bénéficiaires", "Identifiés")
    form["Bénéficiaires"][row + 1][column : column + 2] = ["=SUM(B6:B8)", "#REF!"]

    returned = read(saved(in_openpyxl(form)))

    assert marks(returned, "beneficiaires") == {row + 2: {"2": "formule_sans_valeur", "3": "erreur_tableur"}}
    ensemble = lines(returned, "beneficiaires")[0]
    assert (ensemble["identifies"], ensemble["accompagnes"]) == (None, "#REF!")


# Hidden things


def test_hidden_lines_are_read_with_one_suspicion_a_sheet(read: Reader, form: Book) -> None:
    workbook = in_openpyxl(form)
    for row in (5, 6):
        workbook["Actions"].row_dimensions[row].hidden = True
    workbook["Actions"].column_dimensions["C"].hidden = True

    returned = read(saved(workbook))

    assert (rules(returned), only(returned, "SUS-03").feuille, titles(returned)) == (["SUS-03"], "Actions", TITLES)


def test_a_hidden_sheet_of_the_form_is_read_with_a_suspicion_and_others_are_ignored(read: Reader, form: Book) -> None:
    workbook = in_openpyxl({**form, "Listes": [["Oui"], ["Non"]]})
    workbook["Actions"].sheet_state = "hidden"
    workbook["Listes"].sheet_state = "hidden"

    returned = read(saved(workbook))

    hidden = {number: nom for number, nom, masquee in returned.feuilles if masquee}
    assert (rules(returned), only(returned, "SUS-04").feuille, titles(returned)) == (["SUS-04"], "Actions", TITLES)
    assert sorted(hidden.values()) == ["Actions", "Listes"]
    assert {hidden.get(line[0]) for line in returned.lignes} == {None, "Actions"}


# Whose return it is


def test_a_lost_zero_of_the_cite_is_put_back_with_a_suspicion(read: Reader, form: Book) -> None:
    answer(form, "Identifiant de la cité", 45)

    returned = read(form)

    assert (returned.territoire_id, rules(returned), only(returned, "SUS-10").valeur) == ("cde-045", ["SUS-10"], "45")


@pytest.mark.parametrize("typed", ["cde-099", "Tours", None, "#REF!"])
def test_no_known_cite(read: Reader, form: Book, typed: str | None) -> None:
    answer(form, "Identifiant de la cité", typed)

    returned = read(form)

    assert (rules(returned), returned.territoire_id, only(returned, "STR-04").valeur) == (["STR-04"], None, typed)


@pytest.mark.parametrize("typed", ["2023", None, date(2023, 12, 31)])
def test_no_known_quarter(read: Reader, form: Book, typed: str | date | None) -> None:
    answer(form, "Trimestre", typed)

    returned = read(form)

    assert (rules(returned), returned.trimestre) == (["STR-05"], None)


@pytest.mark.parametrize("typed", ["T4 2021", "T1 2025"])
def test_a_quarter_outside_every_vintage(read: Reader, form: Book, typed: str) -> None:
    answer(form, "Trimestre", typed)

    assert rules(read(form)) == ["STR-06"]


@pytest.mark.parametrize(("millesime", "typed"), [("2022", "T1 2024"), ("2024", "T3 2023")])
def test_a_quarter_in_the_form_of_the_other_vintage(read: Reader, millesime: str, typed: str) -> None:
    book = filled(millesime, typed)
    del book["Partenaires"]

    returned = read(book)

    assert (rules(returned), returned.millesime, only(returned, "STR-08").valeur) == (["STR-08"], millesime, typed)


def test_a_wrong_version_alone_is_a_suspicion(read: Reader, form_2024: Book) -> None:
    answer(form_2024, "Version du gabarit", "2022")

    returned = read(form_2024)

    assert (rules(returned), returned.millesime, only(returned, "SUS-09").valeur) == (["SUS-09"], "2024", "2022")


def test_content_under_the_wrong_extension_is_read_for_what_it_is(read: Reader, form: Book) -> None:
    returned = read(saved(in_odfdo(form)), "retour.xlsx")

    assert (rules(returned), only(returned, "SUS-07").valeur, titles(returned)) == (["SUS-07"], "ods", TITLES)


# Other files


def test_a_spreadsheet_of_another_kind_is_unknown(read: Reader) -> None:
    returned = read({"Feuil1": [["Produit", "Prix"], ["fictif", 3]]})

    assert (returned.genre, set(rules(returned)), len(returned.lignes)) == ("inconnu", {"STR-07"}, 2)
