"""Corrections by the ANCT: a line applies while the old value holds, and always says what became of it."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from entrepot import pipeline
from entrepot.cli import app
from entrepot.orchestration.waiting import quarters_waiting
from entrepot.receipts.store import ByteStore
from entrepot.warehouse.postgres import Server

from ..conftest import Warehouse, new_warehouse
from ..forms.form import Value, filled, in_openpyxl, place, saved, write_xlsx, zipped_csv
from .ledger import CITE, HEADER, QUARTER, WHY, a_return, ledger, ledger_csv, line

Receive = Callable[..., dict[str, int]]

# Filled cells of the return in force, as typed.
CELLS = """
select tableau.tableau, ligne.ligne, place.champ, ligne.cellules[place.colonne::int]
from (
    select distinct on (territoire_id, trimestre) recepisse_id, genre from entrepot.recepisse
    where verdict = 'accepte' and territoire_id = %s and trimestre = %s
    order by territoire_id, trimestre, recu_le desc, recepisse_id desc
) as en_vigueur
inner join brut.tableau using (recepisse_id)
cross join lateral jsonb_each_text(colonnes) as place (champ, colonne)
inner join brut.ligne using (recepisse_id, feuille, tableau)
where genre = 'retour' and nature = 'donnee' and (place.champ = repere or ligne_entete is not null)
    and ligne.cellules[place.colonne::int] is not null
"""
CORRECTED = (
    "select nom_fichier, recu_le, genre from entrepot.recepisse where canal = 'correction' order by recepisse_id"
)
DAY = datetime(2024, 2, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def received(server: Server, template: str, tmp_path: Path) -> Iterator[Warehouse]:
    """A warehouse with its reference data, and nothing received."""
    with new_warehouse(server, tmp_path / "state", template=template) as fresh:
        yield fresh


@pytest.fixture
def receive(received: Warehouse, tmp_path: Path) -> Receive:
    """Takes a file in, on some day after the first; gives the states of its lines when it is a ledger."""
    folder = tmp_path / "depot"
    folder.mkdir()

    def take(content: bytes, day: int, name: str = "retour.xlsx") -> dict[str, int]:
        (folder / name).write_bytes(content)
        taken = pipeline.receive(received.settings, [folder / name], DAY + timedelta(days=day))
        (outcome,) = taken.outcomes
        assert outcome.verdict == "accepte", outcome.motif
        pipeline.correct(received.settings)
        return dict(taken.corrections.get(outcome.recepisse_id, {}))

    return take


def cells(warehouse: Warehouse, cite: str = CITE, quarter: str = QUARTER) -> dict[tuple[Any, ...], str]:
    return {tuple(place): text for *place, text in warehouse.rows(CELLS, cite, quarter)}


def value(warehouse: Warehouse, champ: str, cite: str = CITE, quarter: str = QUARTER) -> str | None:
    """What the return in force says of a field, on its first line that says anything."""
    return next((text for place, text in sorted(cells(warehouse, cite, quarter).items()) if place[2] == champ), None)


OCCURRENCES = ("Actions", 1, "Nombre d'occurrences")


def test_each_line_changes_the_cell_it_aims_at_and_no_other(received: Warehouse, receive: Receive) -> None:
    # Target as typed and old value as typed; then the cell, and what stood in it.
    wanted: list[tuple[tuple[Any, Any, Any, Any], str, str, Value]] = [
        (("actions", "n° 1", "Nb de séances", "3,0"), "occurrences", "3", 30),
        (("Actions", 2, "Date de fin", "01/12/2023"), "date_fin", "2023-12-01", "31/12/2023"),
        (("Actions", 2, "Frein visé", " mobilite"), "frein", "Mobilité", "Santé"),
        (("Actions", 1, "Participants", None), "participants", "", 12),
        (("Actions", 1, "Coût total (€)", "1 200,50 €"), "cout_total", "1200.5", None),
        (("Bénéficiaires", "DELD", "Identifiés", 100), "identifies", "100", 90),
        (("Gouvernance", "ETP d'ingénierie dédiés", "Réponse", 1.5), "etp", "1.5", 2),
        (("Gouvernance", None, "Copilotage équilibré", None), "copilotage_equilibre", "", "Oui"),
        (("Partenaires", "mission locale", "Associé", "Oui"), "associe", "Oui", "Non"),
        (("Instances", "comité fictif", "Niveau", "suivi"), "niveau", "Suivi", "Technique"),
        (("Identification", "Périmètre", None, "Commune"), "perimetre", "Commune", "EPCI"),
    ]
    receive(a_return(), 0)
    before = cells(received)

    states = receive(ledger(*(line(*typed, new) for typed, _, _, new in wanted)), 1, "registre.xlsx")

    assert states == {"appliquee": len(wanted)}
    after = cells(received)
    changed = {place for place in before.keys() | after.keys() if before.get(place) != after.get(place)}
    assert {(place[2], before.get(place, ""), after.get(place)) for place in changed} == {
        (champ, old, None if new is None else str(new)) for _, champ, old, new in wanted
    }
    assert len(changed) == len(wanted)
    assert received.rows(CORRECTED) == [("retour.xlsx (corrigé par l'ANCT)", DAY + timedelta(days=1), "retour")]


def test_the_bytes_of_a_derived_receipt_name_its_origin_and_its_cells(received: Warehouse, receive: Receive) -> None:
    sent, registre = a_return(), ledger(line(*OCCURRENCES, 3, 30))
    receive(sent, 0)
    receive(registre, 1, "registre.xlsx")
    ((digest,),) = received.rows("select empreinte from entrepot.recepisse where canal = 'correction'")
    content = ByteStore(received.settings.store_url).get(digest)
    assert json.loads(content) == {
        "nature": "retour", "origine": sha256(sent).hexdigest(), "remplace": None,
        "recu_le": "2024-02-02T09:00:00+00:00",
        "corrections": [{
            "registre": sha256(registre).hexdigest(), "registre_ligne": 4, "ancienne": "3", "nouvelle": "30",
            "tableau": "actions", "feuille": 3, "ligne": 5, "colonne": 10,
        }],
    }  # fmt: skip


def test_a_new_file_gets_the_correction_again_only_if_it_holds_the_old_value(
    received: Warehouse, receive: Receive
) -> None:
    registre = ledger(line(*OCCURRENCES, 3, 30))
    receive(a_return(), 0)
    receive(registre, 1, "registre.xlsx")

    receive(a_return(occurrences=31), 2)
    assert value(received, "occurrences") == "31"
    assert receive(registre, 3, "registre.xlsx") == {"sans_effet": 1}

    receive(a_return(etp=2), 4, "envoi 3.xlsx")
    assert (value(received, "occurrences"), value(received, "etp")) == ("30", "2")
    assert receive(registre, 5, "registre.xlsx") == {"appliquee": 1}
    assert received.rows(CORRECTED)[1:] == [
        ("envoi 3.xlsx (corrigé par l'ANCT)", DAY + timedelta(days=4), "retour"),
    ]


def test_corrections_of_one_cell_follow_one_another(received: Warehouse, receive: Receive) -> None:
    receive(a_return(), 0)
    first = ledger(line(*OCCURRENCES, 3, 30), line(*OCCURRENCES, 30, 31), line(*OCCURRENCES, 30, 32))
    assert receive(first, 1, "a.xlsx") == {"appliquee": 2, "sans_effet": 1}
    assert receive(ledger(line(*OCCURRENCES, 31, 33)), 2, "b.xlsx") == {"appliquee": 1}
    assert value(received, "occurrences") == "33"


def test_a_ledger_received_again_changes_nothing_even_with_more_lines(received: Warehouse, receive: Receive) -> None:
    """A ledger kept over time is sent again and again: what it said before is said once."""
    receive(a_return(), 0)
    registre = ledger(line(*OCCURRENCES, 3, 30))
    receive(registre, 1, "registre.xlsx")
    receipts = "select count(*) from entrepot.recepisse"
    before = received.rows(receipts)
    assert receive(registre, 2, "registre.xlsx") == {"appliquee": 1}
    assert received.rows(receipts) == before

    more = ledger(line(*OCCURRENCES, 3, 30), line(*OCCURRENCES, 4, 40))
    assert receive(more, 3, "registre.xlsx") == {"appliquee": 1, "sans_effet": 1}
    assert len(received.rows(CORRECTED)) == 1


def test_a_correction_waits_for_its_return(received: Warehouse, receive: Receive) -> None:
    registre = ledger(line(*OCCURRENCES, 3, 30))
    assert receive(registre, 0, "registre.xlsx") == {"en_attente": 1}
    receive(a_return(), 1)
    assert value(received, "occurrences") == "30"
    assert receive(registre, 2, "registre.xlsx") == {"appliquee": 1}


def test_a_line_that_is_not_there_or_there_twice_is_left_alone(receive: Receive) -> None:
    book = filled("2022", QUARTER)
    row, column = place(book, "Actions", "N°")
    book["Actions"][row + 2][column] = 1
    receive(write_xlsx(book), 0)
    twice = line(*OCCURRENCES, 3, 30)
    nowhere = line("Actions", 7, "Nombre d'occurrences", 3, 30)
    assert receive(ledger(twice, nowhere), 1, "registre.xlsx") == {"sans_effet": 2}


def test_a_corrected_cell_loses_the_spreadsheet_error_that_stood_there(received: Warehouse, receive: Receive) -> None:
    book = filled("2022", QUARTER)
    row, column = place(book, "Actions", "Nombre d'occurrences")
    book["Actions"][row + 1][column] = "#REF!"
    receive(zipped_csv(book), 0, "retour.zip")
    assert receive(ledger(line(*OCCURRENCES, "#REF!", 3)), 1, "registre.xlsx") == {"appliquee": 1}
    assert received.rows(
        "select marques from brut.ligne where 'Groupe fictif' = any(cellules) order by recepisse_id"
    ) == [
        ({str(column + 1): "erreur_tableur"},),
        (None,),
    ]


def test_what_the_reader_said_of_the_file_holds_of_its_corrected_copy(received: Warehouse, receive: Receive) -> None:
    book = filled("2022", QUARTER)
    row, column = place(book, "Actions", "Participants")
    book["Actions"][row][column] = "Colonne de la cité"
    receive(write_xlsx(book), 0)
    receive(ledger(line(*OCCURRENCES, 3, 30)), 1, "registre.xlsx")
    assert received.rows("select regle, count(*) from entrepot.constat group by regle order by regle") == [
        ("SUS-08", 2),
        ("SUS-11", 2),
    ]


WITHDRAWN = ("Retour", None, "Retrait", "retour.xlsx", None)


def test_a_withdrawal_leaves_nothing_until_a_new_file_comes(received: Warehouse, receive: Receive) -> None:
    registre = ledger(line(*WITHDRAWN), line(*OCCURRENCES, 3, 30))
    receive(a_return(), 0)
    assert receive(registre, 1, "registre.xlsx") == {"appliquee": 1, "en_attente": 1}
    assert cells(received) == {}
    assert received.rows(CORRECTED) == [("retour.xlsx (retiré par l'ANCT)", DAY + timedelta(days=1), "retrait")]

    receive(a_return(etp=2), 2)  # under the same name: it is another file, and no longer what was withdrawn
    assert (value(received, "occurrences"), value(received, "etp")) == ("30", "2")
    assert receive(registre, 3, "registre.xlsx") == {"appliquee": 2}


def test_a_withdrawal_names_its_file(received: Warehouse, receive: Receive) -> None:
    receive(a_return(), 0, "autre.xlsx")
    assert receive(ledger(line(*WITHDRAWN)), 1, "registre.xlsx") == {"sans_effet": 1}
    assert value(received, "occurrences") == "3"


# Return, other return, ledger: content, day of arrival, name.
STORY: list[tuple[bytes, int, str]] = [
    (a_return(), 0, "a.xlsx"),
    (a_return(occurrences=5), 2, "b.xlsx"),
    (a_return(etp=2), 6, "c.xlsx"),
    (ledger(line(*OCCURRENCES, 5, 50), line("Retour", None, "Retrait", "b.xlsx", None)), 4, "r2.xlsx"),
    (ledger(line(*OCCURRENCES, 3, 30)), 1, "r1.xlsx"),
]


@pytest.mark.parametrize("order", [[0, 4, 1, 3, 2], [2, 3, 1, 4, 0], [0, 4, 3, 2, 1], [4, 2, 0, 1, 3]])
def test_files_taken_in_out_of_order_end_the_same(received: Warehouse, receive: Receive, order: list[int]) -> None:
    """What was in force after each day depends on when files arrived, not on when they were taken in."""
    for number in order:
        receive(*STORY[number])
    said = [
        received.rows(
            "select genre, (select cellules[10] from brut.ligne where ligne.recepisse_id = recepisse.recepisse_id"
            " and 'Groupe fictif' = any(cellules)) from entrepot.recepisse"
            " where trimestre is not null and recu_le <= %s order by recu_le desc, recepisse_id desc limit 1",
            DAY + timedelta(days=day),
        )[0]
        for day in range(7)
    ]
    three, thirty, five, none = ("retour", "3"), ("retour", "30"), ("retour", "5"), ("retrait", None)
    assert said == [three, thirty, five, five, none, none, thirty]


FAULTY: dict[str, tuple[str, Value]] = {
    "cite": ("Cité", "cde-099"),
    "trimestre": ("Trimestre", "T5 2023"),
    "tableau": ("Tableau", "Budget"),
    "repere": ("Repère", None),
    "champ": ("Champ", "Nombre de pages"),
    "nouvelle_valeur": ("Nouvelle valeur", " 3"),
    "motif": ("Motif", None),
    "auteur": ("Auteur", None),
    "date_decision": ("Date de décision", "un jour"),
    "motif_personnel": ("Motif", "Vu avec personne@exemple.invalid"),
    "piece_personnel": ("Pièce justificative", "Appel du 06 12 34 56 78"),
    "auteur_personnel": ("Auteur", "Mme Exemple, chargée de mission"),
}


def test_a_faulty_line_is_kept_with_its_fault_and_stops_no_other(received: Warehouse, receive: Receive) -> None:
    lines = []
    for label, wrong in FAULTY.values():
        lines.append(line(*OCCURRENCES, 3, 99))
        lines[-1][HEADER.index(label)] = wrong
    receive(a_return(), 0)

    states = receive(ledger(*lines, line(*OCCURRENCES, 3, 30)), 1, "registre.xlsx")

    assert states == {"rejetee": len(FAULTY), "appliquee": 1}
    assert value(received, "occurrences") == "30"
    faults = received.rows("select defauts from entrepot.correction where not recevable order by ligne")
    assert faults == [([fault],) for fault in FAULTY]
    kept = received.rows("select correction::text from entrepot.correction")
    assert not any("personne@" in text or "06 12" in text or "Mme" in text for (text,) in kept)


def test_whose_return_it_is_and_whom_to_ask_are_not_corrected_cell_by_cell(receive: Receive) -> None:
    receive(a_return(), 0)
    refused = [
        line("Identification", "Identifiant de la cité", None, CITE, "cde-046"),
        line("Identification", "Trimestre", None, QUARTER, "2023-T3"),
        line("Identification", "Courriel du référent", None, None, "Accueil"),
        line("Bénéficiaires", "Ensemble", "Public", "Ensemble", "Femmes"),
        line("Bénéficiaires", "Ensemble", "Identifiés F", 100, 90),  # a column of the other vintage only
    ]
    assert receive(ledger(*refused), 1, "registre.xlsx") == {"rejetee": len(refused)}


def test_a_formula_never_computed_empties_nothing(receive: Receive) -> None:
    workbook = in_openpyxl({"Registre": [HEADER, line(*OCCURRENCES, 3, "=1+1")]})
    receive(a_return(), 0)
    assert receive(saved(workbook), 1, "registre.xlsx") == {"rejetee": 1}


# Walks of a few values over three cells: each step is a line of a ledger.
CELLS_WALKED: list[tuple[tuple[Any, Any, Any], float]] = [
    (OCCURRENCES, 3),
    (("Bénéficiaires", "RSA", "Identifiés"), 100),
    (("Gouvernance", "ETP d'ingénierie dédiés", None), 1.5),
]
CITES = [f"cde-{number:03}" for number in range(1, 7)]
steps = st.lists(st.tuples(st.integers(0, 2), st.integers(7, 9)), max_size=6)


def test_a_ledger_and_its_inverse_leave_the_figures_as_they_were(received: Warehouse, receive: Receive) -> None:
    quarters = iter(["2022-T1", "2022-T2", "2022-T3", "2023-T1", "2023-T2"])

    @settings(max_examples=3, deadline=None, phases=[Phase.generate])
    @given(walks=st.lists(steps, min_size=len(CITES), max_size=len(CITES)))
    def holds(walks: list[list[tuple[int, int]]]) -> None:
        quarter = next(quarters)
        there: list[list[Value]] = []
        back: list[list[Value]] = []
        for cite, walk in zip(CITES, walks, strict=True):
            receive(a_return(cite, quarter), 0)
            now: dict[int, float] = {}
            for cell, new in walk:
                target, start = CELLS_WALKED[cell]
                old = now.get(cell, start)
                now[cell] = new
                if new != old:
                    there.append(line(*target, old, new, cite=cite, quarter=quarter))
                    back.insert(0, line(*target, new, old, cite=cite, quarter=quarter, day=date(2024, 4, 2)))
        before = [cells(received, cite, quarter) for cite in CITES]
        assert set(receive(ledger_csv(*there), 1, "registre.csv")) <= {"appliquee"}
        assert set(receive(ledger_csv(*back), 2, "registre.csv")) <= {"appliquee"}
        after = [cells(received, cite, quarter) for cite in CITES]
        assert [{place: read(text) for place, text in cite.items()} for cite in after] == [
            {place: read(text) for place, text in cite.items()} for cite in before
        ]

    holds()


def read(text: str) -> str:
    """A figure whatever its decimal sign."""
    return text.replace(",", ".")


# The whole way, to what readers see: here one server is enough.
STATES = "select tableau, champ, etat from marts.corrections_anct order by registre_id, ligne"


def test_a_published_figure_leads_to_the_line_that_corrected_it(received: Warehouse, receive: Receive) -> None:
    withdrawn, back = "cde-046", "cde-047"
    wrong = line(*OCCURRENCES, 3, 99, cite="cde-999")
    wrong[HEADER.index("Motif")] = "Vu avec personne@exemple.invalid"
    for cite in (CITE, withdrawn, back):
        receive(a_return(cite), 0)
    registre = ledger(
        wrong, line(*OCCURRENCES, 3, 30), line(*OCCURRENCES, 4, 40), line(*WITHDRAWN, cite=withdrawn),
        line(*WITHDRAWN, cite=back),
    )  # fmt: skip
    receive(registre, 1, "registre.xlsx")
    receive(a_return(back, etp=2), 2)
    assert quarters_waiting(received.settings) == [QUARTER]

    pipeline.run(received.settings)

    assert quarters_waiting(received.settings) == []
    assert received.rows("select territoire_id, sum(occurrences) from marts.fct_actions group by 1 order by 1") == [
        (CITE, 30),
        (back, 3),
    ]
    assert received.rows("select territoire_id, nb_recepisses from marts.suivi_retours where etat = 'accepte'") == [
        (CITE, 1),
        (back, 2),
    ]
    assert received.rows("select recepisses from marts.parution") == [(3,)]  # two returns and the ledger
    assert received.rows(STATES) == [
        ("actions", "occurrences", "rejetee"),
        ("actions", "occurrences", "appliquee"),
        ("actions", "occurrences", "sans_effet"),
        ("retour", "retrait", "appliquee"),
        ("retour", "retrait", "appliquee"),
    ]
    assert received.rows(
        "select provenance.nom_fichier, texte_saisi, correction.ancienne_valeur, correction.motif, correction.auteur"
        " from marts.provenance inner join marts.corrections_anct as correction using (recepisse_id, feuille, cellule)"
    ) == [("retour.xlsx (corrigé par l'ANCT)", "30", "3", "Erreur de saisie (exemple fictif)", WHY[-1])]
    assert received.rows(
        "select regle, feuille, ligne, colonne, valeur from entrepot.constat where tableau = 'registre_corrections'"
        " order by regle"
    ) == [("COR-01", "Registre", 4, 1, "cde-999"), ("COR-11", "Registre", 4, 8, "(texte masqué)")]


def test_the_command_says_what_became_of_each_line(
    received: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in (
        ("1.xlsx", a_return()),
        ("2.xlsx", ledger(line(*OCCURRENCES, 3, 30), line(*OCCURRENCES, 30, 31), line(*OCCURRENCES, 3, 32))),
    ):
        (tmp_path / name).write_bytes(content)
    monkeypatch.setenv("ENTREPOT_DATABASE_URL", received.url)
    monkeypatch.setenv("ENTREPOT_STATE_DIR", str(received.settings.state_dir))
    monkeypatch.setenv("COLUMNS", "200")
    said = CliRunner().invoke(app, ["receive", str(tmp_path / "1.xlsx"), str(tmp_path / "2.xlsx")])
    assert "registre_corrections  3 corrections: 2 applied, 1 no longer applies" in said.output
