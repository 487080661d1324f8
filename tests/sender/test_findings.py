"""Findings followed from one file of a territory and quarter to the next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.errors import EntrepotError
from entrepot.sender.findings import Finding, followed, lift, of_receipt
from entrepot.warehouse.postgres import Server
from tests.conftest import Warehouse, new_warehouse
from tests.dbt.returns import Line, deposit

CITE, QUARTER = "cde-045", "2023-T4"
DAYS = [f"2024-01-{day:02} 10:00+01" for day in range(1, 29)]
MASKED = "(texte masqué)"


@pytest.fixture(scope="module")
def cabinet(server: Server, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with new_warehouse(server, tmp_path_factory.mktemp("findings"), template=template) as fresh:
        yield fresh


@pytest.fixture
def files(cabinet: Warehouse) -> "Files":
    emptied = Files(cabinet)
    emptied.empty()
    return emptied


@dataclass
class Files:
    """Files of one territory and quarter, one a day, and what is found in each."""

    warehouse: Warehouse
    sent: list[int] = field(default_factory=list)

    @property
    def connection(self) -> psycopg.Connection[Any]:
        return self.warehouse.connection

    def empty(self) -> None:
        """Have received nothing."""
        self.sent.clear()
        self.connection.rollback()
        self.connection.execute("truncate entrepot.recepisse cascade")
        self.connection.execute("truncate brut.ligne")
        self.connection.commit()

    def send(self, *found: dict[str, Any], verdict: str = "accepte", checked: bool = True, **lines: Any) -> int:
        """Receive the next file; `actions` and the like are its lines, `found` what is found in it."""
        usual: dict[str, Any] = {"actions": [{"numero": "1"}, {"numero": "2"}, {"numero": "3"}]}
        receipt = deposit(
            self.connection, CITE, QUARTER, recu_le=DAYS[len(self.sent)], verdict=verdict, **{**usual, **lines}
        )
        self.sent.append(receipt)
        for one in found:
            self.found(receipt, **one)
        if verdict == "accepte" and checked:
            self.check(receipt)
        self.connection.commit()
        return receipt

    def check(self, receipt: int) -> None:
        self.connection.execute(
            "insert into entrepot.traitement (recepisse_id, etape) values (%s, 'controle')", [receipt]
        )
        self.connection.commit()

    def found(self, receipt: int, **said: Any) -> None:
        usual = {
            "recepisse_id": receipt, "regle": "ACT-06", "severite": "valeur", "message": "Trop grand.",
            "attendu": "moins", "qui_corrige": "territoire",
        }  # fmt: skip
        row = {**usual, **said}
        self.connection.execute(
            f"insert into entrepot.constat ({', '.join(row)}) values ({', '.join(['%s'] * len(row))})",
            list(row.values()),
        )

    def answer(
        self, receipt: int, *answers: tuple[str, str | None], sheet: str = "Retour ANCT", shift: int = 0
    ) -> None:
        """Write our sheet in a file, with answers beside references."""
        self.connection.execute("insert into brut.feuille values (%s, 9, %s, false)", [receipt, sheet])
        rows: list[Sequence[str | None]] = [["Retour de l'ANCT"], ["Référence", "Gravité", "Votre réponse"]]
        rows += [[reference, "Erreur", text] for reference, text in answers]
        for number, cells in enumerate(rows, start=1):
            self.connection.execute(
                "insert into brut.ligne (recepisse_id, feuille, ligne, nature, cellules)"
                " values (%s, 9, %s, 'hors_tableau', %s)",
                [receipt, number, [*[None] * shift, *cells]],
            )
        self.connection.commit()

    def states(self) -> list[tuple[str | None, str]]:
        """Value seen and state of each finding."""
        return [(one.valeur_vue, one.etat) for one in self.followed()]

    def followed(self) -> list[Finding]:
        self.connection.rollback()
        return followed(self.connection, CITE, QUARTER)

    def only(self) -> Finding:
        (one,) = self.followed()
        return one


def on_action(line: int, value: str | None = "2000", **said: Any) -> dict[str, Any]:
    """A finding on « dont femmes » of a line of Actions; the first line is 5."""
    usual = {"tableau": "actions", "champ": "participants_femmes", "feuille": "Actions", "ligne": line, "colonne": 12}
    return {**usual, "valeur": value, **said}


def test_a_finding_that_the_next_file_mends_closes_itself(files: Files) -> None:
    first = files.send(on_action(5))
    assert (files.only().etat, files.only().etat_depuis.day, files.only().cellule) == ("ouvert", 1, "L5")
    second = files.send()
    closed = files.only()
    assert (closed.etat, closed.etat_depuis.day, closed.recepisse_id) == ("corrige", 2, first)
    assert files.warehouse.rows("select etat_recepisse_id, premier_recepisse_id from preparation.constats_suivis") == [
        (second, first)
    ]


def test_a_finding_that_comes_again_stays_open_since_the_first_file(files: Files) -> None:
    files.send(on_action(5, "2000"))
    last = files.send(on_action(5, "3000"))
    again = files.only()
    assert (again.etat, again.etat_depuis.day, again.recepisse_id, again.valeur_vue) == ("ouvert", 1, last, "3000")


def test_a_finding_mended_once_and_there_again_is_open_since_it_came_back(files: Files) -> None:
    first = files.send(on_action(5))
    files.send()
    files.send(on_action(5))
    files.send(on_action(5))
    again = files.only()
    assert (again.etat, again.etat_depuis.day) == ("ouvert", 3)
    assert files.warehouse.rows(
        "select premier_recepisse_id, premier_constat_le::date::text from preparation.constats_suivis where derniere"
    ) == [(first, "2024-01-01")]


@dataclass(frozen=True)
class Lists:
    """First field of each line of a list in two files, where a finding stands in each, and whether it is the same."""

    tableau: str
    key: str
    first: list[str | None]
    second: list[str | None]
    lines: tuple[int, int]
    same: bool


LISTS = [
    Lists("actions", "numero", ["1", "2", "3"], ["9", "1", "2"], (6, 7), True),
    Lists("actions", "numero", ["1", "2", "3"], ["9", "1", "2"], (6, 6), False),
    Lists("actions", "numero", ["1", "n° 02", "3"], ["1", "9", "2,0"], (6, 7), True),
    # A number that a file says twice tells no line apart.
    Lists("actions", "numero", ["1", "2", "3"], ["9", "2", "2"], (6, 6), True),
    Lists("actions", "numero", ["1", "2", "3"], ["9", "2", "2"], (6, 7), False),
    Lists("actions", "numero", ["2", "2", "3"], ["2", "8", "9"], (5, 6), False),
    Lists("partenaires", "partenaire", ["CAF", "Région"], ["Autre", "caf"], (5, 6), True),
    Lists("partenaires", "partenaire", ["CAF", None], ["CAF", None], (6, 6), True),
    Lists("instances", "instance", ["Comité", "Équipe"], ["EQUIPE", "Comité"], (15, 16), True),
]


@pytest.mark.parametrize("lists", LISTS, ids=lambda lists: f"{lists.tableau} {lists.second} {lists.lines}")
def test_lines_of_lists_are_known_by_their_own_key(files: Files, lists: Lists) -> None:
    for keys, number in zip((lists.first, lists.second), lists.lines, strict=True):
        rows: list[Line] = [{lists.key: text} for text in keys]
        found = on_action(number, tableau=lists.tableau, champ="commentaire")
        tables: dict[str, Any] = {"actions": (), lists.tableau: rows}
        files.send(found, **tables)
    assert sorted(etat for _, etat in files.states()) == (["ouvert"] if lists.same else ["corrige", "ouvert"])


def test_publics_and_questions_are_known_wherever_they_stand(files: Files) -> None:
    def file(order: Sequence[str], line: int, question: int) -> None:
        files.send(
            on_action(line, tableau="beneficiaires", champ="accompagnes"),
            on_action(question, "beaucoup", tableau="gouvernance", champ="etp", regle="LEC-01"),
            beneficiaires={public: {"identifies": "1"} for public in order},
            gouvernance={"etp": "beaucoup"},
        )

    file(["ensemble", "jeunes", "rsa"], 6, 5)
    file(["jeunes", "ensemble", "rsa"], 5, 15)
    assert files.states() == [("2000", "ouvert"), ("beaucoup", "ouvert")]
    file(["jeunes", "ensemble", "rsa"], 6, 5)  # now of the whole public
    assert files.states() == [("2000", "corrige"), ("2000", "ouvert"), ("beaucoup", "ouvert")]


def test_items_of_a_cell_and_columns_out_of_the_form_are_told_apart_by_what_they_are(files: Files) -> None:
    def item(text: str) -> dict[str, Any]:
        return on_action(5, text, champ="cofinanceurs", regle="ELT-04")

    def column(label: str, place: int) -> dict[str, Any]:
        return on_action(4, label, champ=None, colonne=place, regle="SUS-08", severite="suspicion")

    files.send(item("Truc"), item("Zorglub"), column("Avis", 20), column("Couleur", 21))
    files.send(item("Zorglub"), column("Couleur", 20))
    assert dict(files.states()) == {"Zorglub": "ouvert", "Truc": "corrige", "Couleur": "ouvert", "Avis": "corrige"}


def test_a_file_whose_cells_were_not_checked_mends_the_structure_only(files: Files) -> None:
    files.send(on_action(5))
    missing = {"tableau": "partenaires", "feuille": "Partenaires", "regle": "STR-07", "severite": "structure"}
    files.send(missing, verdict="rejete")
    assert files.states() == [("2000", "ouvert"), (None, "ouvert")]
    files.send({**missing, "regle": "STR-08"}, verdict="rejete")
    assert [(one.regle, one.etat) for one in files.followed()] == [
        ("ACT-06", "ouvert"), ("STR-07", "corrige"), ("STR-08", "ouvert"),
    ]  # fmt: skip
    waiting = files.send(checked=False)
    assert [one.etat for one in files.followed()] == ["ouvert", "corrige", "corrige"]
    files.check(waiting)
    assert [one.etat for one in files.followed()] == ["corrige"] * 3


def test_a_file_that_does_not_say_whose_it_is_is_followed_alone(files: Files) -> None:
    row = files.connection.execute(
        "insert into entrepot.recepisse (empreinte, taille, nom_fichier, canal, recu_le, verdict, verdict_le, motif)"
        " values (repeat('a', 64), 1, 'a.pdf', 'depot', now(), 'rejete', now(), 'Un PDF.') returning recepisse_id"
    ).fetchone()
    assert row is not None
    files.found(row[0], regle="STR-03", severite="structure", valeur="un document PDF")
    (finding,) = of_receipt(files.connection, row[0])
    assert (finding.etat, finding.valeur_vue, finding.cellule) == ("ouvert", "un document PDF", None)


ANSWERS = [
    ("C'est exact, vérifié sur place", "justifie"), ("Contesté : la règle ne tient pas", "conteste"),
    ("CONTESTE", "conteste"), ("  contestable, voir la note", "conteste"), ("« Contesté »", "conteste"),
    ("conteste\u0301", "conteste"), ("Je conteste", "justifie"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "state"), ANSWERS)
def test_an_answer_justifies_or_contests(files: Files, text: str, state: str) -> None:
    files.send(on_action(5))
    reference = files.only().reference
    second = files.send(on_action(5))
    files.answer(second, (reference, text))
    answered = files.only()
    assert (answered.etat, answered.reponse, answered.etat_depuis.day) == (state, text.strip(), 2)


def test_an_answer_holds_as_long_as_the_value_is_the_one_it_speaks_of(files: Files) -> None:
    files.send(on_action(5, "2000"))
    reference = files.only().reference
    files.answer(files.send(on_action(5, "2000")), (reference, "Vérifié"))
    files.send(on_action(5, " 2000"))
    assert (files.only().etat, files.only().etat_depuis.day) == ("justifie", 2)
    files.send(on_action(5, "2001"))
    changed = files.only()
    assert (changed.etat, changed.reponse, changed.etat_depuis.day) == ("ouvert", None, 1)
    # The answer of a file speaks of the value that its sender was shown, not of the one typed since.
    files.answer(files.send(on_action(5, "2002")), (changed.reference, "Vérifié aussi"))
    assert files.only().etat == "ouvert"
    files.send(on_action(5, "2001"))
    assert (files.only().etat, files.only().reponse) == ("justifie", "Vérifié aussi")
    files.send()
    assert files.only().etat == "corrige"


def test_the_last_answer_counts_and_an_empty_one_takes_nothing_back(files: Files) -> None:
    files.send(on_action(5))
    reference = files.only().reference
    files.answer(files.send(on_action(5)), (reference, "Contesté"), (reference, "Contesté, deux fois"))
    files.answer(files.send(on_action(5)), (reference, None))
    assert files.only().reponse == "Contesté, deux fois"
    files.answer(files.send(on_action(5)), (reference, "Vérifié"))
    assert (files.only().etat, files.only().etat_depuis.day) == ("justifie", 4)


def test_our_sheet_is_known_by_its_name_and_columns_wherever_they_are(files: Files) -> None:
    files.send(on_action(5))
    files.answer(files.send(on_action(5)), (f" {files.only().reference} ", "Vérifié"), sheet=" retour  anct", shift=3)
    assert files.only().etat == "justifie"


@pytest.mark.parametrize("reference", ["R1-0123456789", "R999999-ABCDEF0123", "ACT-06", "=1+1", ""])
def test_an_unknown_reference_is_ignored_and_nothing_is_lost(files: Files, reference: str) -> None:
    files.send(on_action(5))
    last = files.send(on_action(5))
    files.answer(last, (reference or "x", "Vérifié"))
    assert files.only().etat == "ouvert"
    kept = files.warehouse.rows("select cellules[3] from brut.ligne where recepisse_id = %s and feuille = 9", last)
    assert kept[-1] == ("Vérifié",)


def test_an_answer_to_a_finding_of_another_territory_is_ignored(files: Files) -> None:
    other = deposit(files.connection, "cde-001", QUARTER, actions=[{"numero": "1"}])
    files.found(other, **on_action(5))
    files.check(other)
    (theirs,) = followed(files.connection, "cde-001", QUARTER)
    files.send(on_action(5))
    files.answer(files.send(on_action(5)), (theirs.reference, "Vérifié"))
    assert files.only().etat == "ouvert"
    assert followed(files.connection, "cde-001", QUARTER)[0].etat == "ouvert"


def test_personal_data_is_masked_wherever_it_is_told(files: Files) -> None:
    personal = "appeler le 06 12 34 56 78"
    files.send(on_action(5, personal, message=f"« {personal} » ne se lit pas.", attendu="une date"))
    files.answer(files.send(on_action(5, personal)), (files.only().reference, "voir marie@exemple.invalid"))
    told = files.only()
    assert (told.valeur_vue, told.reponse, told.etat) == (MASKED, MASKED, "justifie")
    assert not files.warehouse.rows(
        "select from preparation.constats_suivis as t where t::text ~ '06 12 34|exemple.invalid'"
    )


def test_a_masked_value_is_compared_by_what_the_cell_holds(files: Files) -> None:
    def file(text: str) -> int:
        lines = [{"numero": "1", "intitule": text}]
        return files.send(on_action(5, MASKED, champ="intitule", colonne=4, regle="LEC-10"), actions=lines)

    file("Marie, 06 12 34 56 78")
    reference = files.only().reference
    files.answer(file("Marie, 06 12 34 56 78"), (reference, "Numéro d'accueil"))
    assert files.only().etat == "justifie"
    file("Paul, 06 87 65 43 21")
    assert files.only().etat == "ouvert"


def test_the_anct_lifts_a_finding_for_as_long_as_the_value_stays(files: Files) -> None:
    files.send(on_action(5))
    reference = files.only().reference
    lift(files.connection, f" {reference.lower()} ", "Vérifié avec la préfecture", "testeur")
    files.connection.commit()
    lifted = files.only()
    assert (lifted.etat, lifted.motif_levee) == ("leve", "Vérifié avec la préfecture")
    files.send(on_action(5))
    assert files.only().etat == "leve"
    with pytest.raises(EntrepotError, match="is leve already"):
        lift(files.connection, reference, "Encore", "testeur")
    files.send(on_action(5, "2001"))
    assert (files.only().etat, files.only().motif_levee) == ("ouvert", None)
    files.send()
    assert files.only().etat == "corrige"
    with pytest.raises(EntrepotError, match="is corrige already"):
        lift(files.connection, files.only().reference, "Trop tard", "testeur")
    assert files.warehouse.rows("select reference, motif, compte from entrepot.levee") == [
        (reference, "Vérifié avec la préfecture", "testeur")
    ]


@pytest.mark.parametrize("reference", ["R1-0123456789", "12", "R-1", "'; drop table"])
def test_what_is_no_finding_cannot_be_lifted(files: Files, reference: str) -> None:
    with pytest.raises(EntrepotError, match="There is no finding"):
        lift(files.connection, reference, "Pourquoi", "testeur")
    with pytest.raises(EntrepotError, match="Say why"):
        lift(files.connection, reference, "  ", "testeur")


def test_findings_of_a_return_that_the_anct_withdrew_are_lifted(files: Files) -> None:
    files.send(on_action(5))
    withdrawn = files.send()
    files.connection.execute("update entrepot.recepisse set genre = 'retrait' where recepisse_id = %s", [withdrawn])
    assert [(one.etat, one.motif_levee) for one in followed(files.connection, CITE, QUARTER)] == [
        ("leve", "Retour retiré par l'ANCT.")
    ]


def test_the_findings_of_an_older_file_are_told_with_what_they_have_become(files: Files) -> None:
    first = files.send(on_action(5), on_action(6))
    files.send(on_action(6, "3000"))
    assert [(one.cellule, one.valeur_vue, one.etat) for one in of_receipt(files.connection, first)] == [
        ("L5", "2000", "corrige"), ("L6", "2000", "ouvert"),
    ]  # fmt: skip


def test_a_finding_on_a_column_that_is_not_there_is_marked_on_the_header(files: Files) -> None:
    receipt = files.send(on_action(5, None, ligne=None, colonne=None, champ="cout_cite", regle="VAL-01"))
    (finding,) = of_receipt(files.connection, receipt)
    assert (finding.cellule, finding.ligne_marquee, finding.colonne_marquee) == (None, 4, 1)


def test_references_are_those_of_the_same_findings_checked_again(files: Files) -> None:
    receipt = files.send(on_action(5), on_action(6))
    before = [one.reference for one in files.followed()]
    files.connection.execute("delete from entrepot.constat")
    files.found(receipt, **on_action(6))
    files.found(receipt, **on_action(5))
    files.connection.commit()
    assert [one.reference for one in files.followed()] == before
    assert len(set(before)) == 2


@dataclass(frozen=True)
class Sent:
    """A file of a story: whether it was accepted and checked, the wrong answer to some questions, what is answered."""

    kind: str
    wrong: dict[str, str]
    answers: frozenset[str]


QUESTIONS = ("etp", "niveau_cooperation", "diagnostic_le")


SENT = st.lists(
    st.builds(
        Sent,
        st.sampled_from(["accepte", "accepte", "accepte", "rejete", "attente"]),
        st.dictionaries(st.sampled_from(QUESTIONS), st.sampled_from(["a", "b"]), max_size=3),
        st.frozensets(st.sampled_from(QUESTIONS), max_size=2),
    ),
    min_size=1,
    max_size=5,
)


def expected(sent: Sequence[Sent]) -> dict[str, tuple[str, int]]:
    """State of the finding on each question, and the day since when, file after file."""
    states: dict[str, tuple[str, int]] = {}
    for question in QUESTIONS:
        value: str | None = None
        since = mended = 0
        answered: dict[str, int] = {}
        for day, file in enumerate(sent, start=1):
            if question in file.answers and value is not None:
                answered[value] = day
            if question in file.wrong:
                since = day if value is None or mended else since
                value, mended = file.wrong[question], 0
            elif value is not None and file.kind == "accepte" and not mended:
                mended = day
        if value is None:
            continue
        if mended:
            states[question] = "corrige", mended
        elif value in answered:
            states[question] = "justifie", max(answered[value], since)
        else:
            states[question] = "ouvert", since
    return states


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=SENT)
def test_any_story_ends_as_told_file_after_file(files: Files, sent: list[Sent]) -> None:
    files.empty()
    for file in sent:
        shown = {one.champ: one.reference for one in files.followed()}
        receipt = files.send(
            *(on_action(5, value, tableau="gouvernance", champ=question) for question, value in file.wrong.items()),
            verdict="rejete" if file.kind == "rejete" else "accepte",
            checked=file.kind == "accepte",
        )
        files.answer(receipt, *((shown[question], "Vérifié") for question in file.answers if question in shown))
    assert {one.champ: (one.etat, one.etat_depuis.day) for one in files.followed()} == expected(sent)
