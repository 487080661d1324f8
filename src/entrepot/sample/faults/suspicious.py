"""Cells that are read and kept, and about which the sender is asked a question."""

import random
from datetime import date

from entrepot.sample.book import Book
from entrepot.sample.faults.kinds import OFFICE, Context, Effect, Touched, fault
from entrepot.sample.faults.pick import action, actions, cell, set_text

SUSPICION = Effect.SUSPICION
MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()


@fault(SUSPICION, "dates", "mois_seul")
def mois_seul(book: Book, context: Context, rng: random.Random) -> Touched:
    """« mars 2024 »: the first day for a start, the last day for an end."""
    line = action(book, rng)
    touched: Touched = []
    for champ in ("date_debut", "date_fin"):
        value = line[champ].value
        if isinstance(value, date):
            touched.append(set_text(line[champ], f"{MONTHS[value.month - 1]} {value.year}"))
    return touched


@fault(SUSPICION, "qpv_couverts", "zero_perdu")
def zero_perdu_qpv(book: Book, context: Context, rng: random.Random) -> Touched:
    target = cell(book, "identification", "qpv_couverts")
    text = str(target.value)
    return [set_text(target, text[:2] + text[3:])] if text[2] == "0" else []


@fault(SUSPICION, "identifiant", "SUS-10")
def zero_perdu_cite(book: Book, context: Context, rng: random.Random) -> Touched:
    target = cell(book, "identification", "territoire_id")
    prefix, number = str(target.value).split("-")
    return [set_text(target, f"{prefix}-{int(number)}")]


@fault(SUSPICION, "participants", "nombre_environ")
def nombre_environ(book: Book, context: Context, rng: random.Random) -> Touched:
    target = action(book, rng)["participants"]
    return [set_text(target, f"environ {target.value}")] if isinstance(target.value, int) else []


@fault(SUSPICION, "etp", "pourcentage_en_texte")
def etp_en_pourcentage(book: Book, context: Context, rng: random.Random) -> Touched:
    return [set_text(cell(book, "gouvernance", "etp"), rng.choice(("50 %", "80 %", "62 %")))]


@fault(SUSPICION, "etp", "plus de 20 ETP")
def etp_eleve(book: Book, context: Context, rng: random.Random) -> Touched:
    target = cell(book, "gouvernance", "etp")
    target.value = rng.choice((35, 50, 80))
    return [target]


@fault(SUSPICION, "axe", "autre_millesime")
def axe_de_l_autre_millesime(book: Book, context: Context, rng: random.Random) -> Touched:
    other = "2024" if book.vintage == "2022" else "2022"
    codes = context.catalogue.lists["axes"]
    respelt = {
        context.catalogue.label("axes", code, book.vintage): context.catalogue.label("axes", code, other) for code in codes
    }
    target = action(book, rng)["axe"]
    return [set_text(target, respelt[str(target.value)])]


@fault(SUSPICION, "satisfaction", "autre_millesime", in_t4=True)
def satisfaction_de_l_autre_millesime(book: Book, context: Context, rng: random.Random) -> Touched:
    other = "2024" if book.vintage == "2022" else "2022"
    notes = ("1", "2", "3", "4")
    respelt = {
        context.catalogue.label("satisfaction", note, book.vintage): context.catalogue.label("satisfaction", note, other)
        for note in notes
    }
    answers = [line["satisfaction"] for line in book.tables["partenaires"].lines]
    targets = [answer for answer in answers if str(answer.value) in respelt][:3]
    for target in targets:
        set_text(target, respelt[str(target.value)])
    return list(targets)


@fault(SUSPICION, "qpv_couverts", "hors de la liste officielle", vintages={"2022"})
def qpv_hors_liste_officielle(book: Book, context: Context, rng: random.Random) -> Touched:
    target = cell(book, "identification", "qpv_couverts")
    return [set_text(target, f"{target.value}; {_foreign_qpv(context, rng)}")]


@fault(SUSPICION, "qpv_concernes", "hors des QPV couverts", vintages={"2022"})
def qpv_concerne_non_couvert(book: Book, context: Context, rng: random.Random) -> Touched:
    return [set_text(action(book, rng)["qpv_concernes"], _foreign_qpv(context, rng))]


@fault(SUSPICION, "qpv_concernes", "dans aucune commune de la cité", vintages={"2024"})
def qpv_2024_d_une_autre_commune(book: Book, context: Context, rng: random.Random) -> Touched:
    return [set_text(action(book, rng)["qpv_concernes"], _foreign_qpv(context, rng))]


def _foreign_qpv(context: Context, rng: random.Random) -> str:
    """A known neighbourhood of another cité, of the generation asked."""
    vintage = context.quarter.vintage
    own = {code for code, _ in context.territory.qpv(vintage)}
    others = [
        code
        for territory in context.catalogue.territories
        if territory.overseas == context.territory.overseas and territory.id != context.territory.id
        for code, _ in territory.qpv(vintage)
        if code not in own
    ]
    return rng.choice(others)


@fault(SUSPICION, "nom", "nom ressemblant à une autre cité")
def nom_d_une_autre_cite(book: Book, context: Context, rng: random.Random) -> Touched:
    others = [t.name for t in context.catalogue.territories if t.departments != context.territory.departments]
    return [set_text(cell(book, "identification", "nom_cite"), rng.choice(others))]


@fault(SUSPICION, "fusion", "fusion", makers=OFFICE)
def fusion_de_montants(book: Book, context: Context, rng: random.Random) -> Touched:
    """An amount merged over two lines stands on the first only."""
    lines = actions(book)
    for above, below in zip(lines, lines[1:], strict=False):
        if above["cout_cite"].value is not None and below["cout_cite"].value is not None:
            below["cout_cite"].value = None
            book.tables["actions"].sheet.merges.append((above["cout_cite"], below["cout_cite"]))
            return [above["cout_cite"]]
    return []


@fault(SUSPICION, "version", "SUS-09", vintages={"2024"})
def version_2022_annoncee(book: Book, context: Context, rng: random.Random) -> Touched:
    return [set_text(cell(book, "identification", "version_gabarit"), "2022")]


@fault(SUSPICION, "contrat", "contrat de l'autre génération", vintages={"2024"})
def contrat_de_l_autre_generation(book: Book, context: Context, rng: random.Random) -> Touched:
    wrong = "CN" if context.territory.overseas else "CV"
    codes = [contract.code for contract in context.catalogue.contracts if contract.code.startswith(wrong)]
    return [set_text(cell(book, "identification", "contrats_ville"), rng.choice(codes))]


@fault(SUSPICION, "beneficiaires", "cumul en baisse", vintages={"2022"})
def cumul_en_baisse(book: Book, context: Context, rng: random.Random) -> Touched:
    """Jobs found by one public fall back to almost nothing; nothing else rests on that cell."""
    if context.quarter.code == "2022-T1":
        return []
    targets = [line["acces_emploi"] for line in book.tables["beneficiaires"].lines[1:]]
    target = max(targets, key=lambda candidate: candidate.value if isinstance(candidate.value, int) else 0)
    if not isinstance(target.value, int) or target.value < 6:
        return []
    target.value = target.value // 4
    return [target]


@fault(SUSPICION, "beneficiaires", "accompagnés au-dessus des identifiés (flux)", vintages={"2024"})
def accompagnes_au_dessus_des_identifies(book: Book, context: Context, rng: random.Random) -> Touched:
    """People identified before may be accompanied now: a question, in a flow."""
    ensemble, *publics = book.tables["beneficiaires"].lines
    for line in publics:
        for sex in ("f", "h"):
            identified, target = line[f"identifies_{sex}"].value, line[f"accompagnes_{sex}"]
            ceiling = ensemble[f"accompagnes_{sex}"].value
            if isinstance(identified, int) and isinstance(ceiling, int) and identified < ceiling:
                target.value = identified + 1
                return [target]
    return []


@fault(SUSPICION, "dates", "date de fin absente", vintages={"2022"})
def date_de_fin_absente(book: Book, context: Context, rng: random.Random) -> Touched:
    return [set_text(action(book, rng)["date_fin"], None)]
