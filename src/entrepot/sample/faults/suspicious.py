"""Cells that are read and kept, and about which the sender is asked a question."""

from datetime import date
from itertools import pairwise

from entrepot.sample.faults.kinds import OFFICE, Brought, Case, Effect, Touched, fault
from entrepot.sample.faults.pick import action, actions, cell, set_text

SUSPICION = Effect.SUSPICION
# A cumul under this could fall by one or two unnoticed.
WORTH_A_FALL = 6
MONTHS = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]


@fault(SUSPICION, "dates", "LEC-23")
def mois_seul(case: Case) -> Touched:
    """« mars 2024 »: the first day for a start, the last day for an end."""
    line = action(case)
    dated = [line[champ] for champ in ("date_debut", "date_fin") if isinstance(line[champ].value, date)]
    for target in dated:
        if isinstance(target.value, date):
            set_text(target, f"{MONTHS[target.value.month - 1]} {target.value.year}")
    return dated


@fault(SUSPICION, "qpv_couverts", "LEC-22")
def zero_perdu_qpv(case: Case) -> Touched:
    target = cell(case, "identification", "qpv_couverts")
    text = str(target.value)
    return [set_text(target, text[:2] + text[3:])] if text[2] == "0" else []


@fault(SUSPICION, "identifiant", "SUS-10")
def zero_perdu_cite(case: Case) -> Touched:
    target = cell(case, "identification", "territoire_id")
    prefix, number = str(target.value).split("-")
    return [set_text(target, f"{prefix}-{int(number)}")]


@fault(SUSPICION, "participants", "LEC-20")
def nombre_environ(case: Case) -> Touched:
    target = action(case)["participants"]
    return [set_text(target, f"environ {target.value}")] if isinstance(target.value, int) else []


@fault(SUSPICION, "etp", "LEC-21")
def etp_en_pourcentage(case: Case) -> Touched:
    return [set_text(cell(case, "gouvernance", "etp"), case.rng.choice(("50 %", "80 %", "62 %")))]


@fault(SUSPICION, "etp", "GOU-01")
def etp_eleve(case: Case) -> Touched:
    target = cell(case, "gouvernance", "etp")
    target.value = case.rng.choice((35, 50, 80))
    return [target]


@fault(SUSPICION, "axe", "LEC-24")
def axe_de_l_autre_millesime(case: Case) -> Touched:
    other = "2024" if case.book.vintage == "2022" else "2022"
    codes = case.catalogue.lists["axes"]
    respelt = {
        case.catalogue.label("axes", code, case.book.vintage): case.catalogue.label("axes", code, other)
        for code in codes
    }
    target = action(case)["axe"]
    return [set_text(target, respelt[str(target.value)])]


@fault(SUSPICION, "satisfaction", "LEC-24", in_t4=True)
def satisfaction_de_l_autre_millesime(case: Case) -> Touched:
    other = "2024" if case.book.vintage == "2022" else "2022"
    notes = ("1", "2", "3", "4")
    respelt = {
        case.catalogue.label("satisfaction", note, case.book.vintage): case.catalogue.label("satisfaction", note, other)
        for note in notes
    }
    answers = [line["satisfaction"] for line in case.book.tables["partenaires"].lines]
    targets = [answer for answer in answers if str(answer.value) in respelt][:3]
    for target in targets:
        set_text(target, respelt[str(target.value)])
    return list(targets)


@fault(SUSPICION, "qpv_couverts", "ELT-05", vintages={"2022"})
def qpv_hors_liste_officielle(case: Case) -> Touched:
    target = cell(case, "identification", "qpv_couverts")
    return [set_text(target, f"{target.value}; {_foreign_qpv(case)}")]


@fault(SUSPICION, "qpv_concernes", "ELT-07", vintages={"2022"})
def qpv_concerne_non_couvert(case: Case) -> Touched:
    """Known, elsewhere: neither among the neighbourhoods covered, nor in the official list."""
    target = set_text(action(case)["qpv_concernes"], _foreign_qpv(case))
    return [target, Brought(target, "ELT-05", SUSPICION)]


@fault(SUSPICION, "qpv_concernes", "ELT-07", vintages={"2024"})
def qpv_2024_d_une_autre_commune(case: Case) -> Touched:
    """Overseas, where codes are those of 2015, the official list is the one it is not in."""
    target = set_text(action(case)["qpv_concernes"], _foreign_qpv(case))
    return [target, Brought(target, "ELT-05" if case.territory.overseas else "ELT-06", SUSPICION)]


def _foreign_qpv(case: Case) -> str:
    """A known neighbourhood of another cité, of the generation asked."""
    vintage = case.quarter.vintage
    own = {code for code, _ in case.territory.qpv(vintage)}
    others = [
        code
        for territory in case.catalogue.territories
        if territory.overseas == case.territory.overseas and territory.id != case.territory.id
        for code, _ in territory.qpv(vintage)
        if code not in own
    ]
    return case.rng.choice(others)


@fault(SUSPICION, "nom", "IDE-03")
def nom_d_une_autre_cite(case: Case) -> Touched:
    others = [t.name for t in case.catalogue.territories if t.departments != case.territory.departments]
    return [set_text(cell(case, "identification", "nom_cite"), case.rng.choice(others))]


@fault(SUSPICION, "fusion", "LEC-25", makers=OFFICE)
def fusion_de_montants(case: Case) -> Touched:
    """An amount merged over two lines stands on the first only."""
    lines = actions(case)
    for above, below in pairwise(lines):
        if above["cout_cite"].value is not None and below["cout_cite"].value is not None:
            below["cout_cite"].value = None
            case.book.tables["actions"].sheet.merges.append((above["cout_cite"], below["cout_cite"]))
            return [above["cout_cite"]]
    return []


@fault(SUSPICION, "version", "SUS-09", vintages={"2024"})
def version_2022_annoncee(case: Case) -> Touched:
    return [set_text(cell(case, "identification", "version_gabarit"), "2022")]


@fault(SUSPICION, "contrat", "ELT-08", vintages={"2024"})
def contrat_de_l_autre_generation(case: Case) -> Touched:
    wrong = "CN" if case.territory.overseas else "CV"
    codes = [contract.code for contract in case.catalogue.contracts if contract.code.startswith(wrong)]
    return [set_text(cell(case, "identification", "contrats_ville"), case.rng.choice(codes))]


@fault(SUSPICION, "beneficiaires", "BEN-04", vintages={"2022"})
def cumul_en_baisse(case: Case) -> Touched:
    """Jobs found by one public fall back to almost nothing; nothing else rests on that cell."""
    lines = case.book.tables["beneficiaires"].lines
    cumuls = case.told()
    told = {rank: cumuls.get((rank, "acces_emploi"), (0,))[-1] for rank in range(1, len(lines))}
    rank = max(told, key=lambda candidate: told[candidate])
    if told[rank] < WORTH_A_FALL:
        return []
    target = lines[rank]["acces_emploi"]
    target.value = told[rank] // 4
    return [target]


@fault(SUSPICION, "beneficiaires", "BEN-03", vintages={"2024"})
def accompagnes_au_dessus_des_identifies(case: Case) -> Touched:
    """People identified before may be accompanied now: a question, in a flow."""
    ensemble, *publics = case.book.tables["beneficiaires"].lines
    for line in publics:
        for sex in ("f", "h"):
            identified, target = line[f"identifies_{sex}"].value, line[f"accompagnes_{sex}"]
            ceiling = ensemble[f"accompagnes_{sex}"].value
            if isinstance(identified, int) and isinstance(ceiling, int) and identified < ceiling:
                target.value = identified + 1
                return [target]
    return []


@fault(SUSPICION, "dates", "ACT-12", vintages={"2022"})
def date_de_fin_absente(case: Case) -> Touched:
    return [set_text(action(case)["date_fin"], None)]
