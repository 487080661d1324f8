"""Untidy cells that must be read as meant, without a word to the sender."""

import unicodedata
from datetime import date, datetime
from itertools import pairwise

from entrepot.sample.book import Cell, Formula
from entrepot.sample.faults.kinds import OFFICE, XLSX, Case, Effect, Touched, fault
from entrepot.sample.faults.pick import action, actions, cell, set_text, swapped

SILENT = Effect.SILENT
SPACES = (" ", "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}")
THOUSAND = 1000
EXCEL_EPOCH = date(1899, 12, 30)


@fault(SILENT, "cout")
def nombre_avec_espaces(case: Case) -> Touched:
    """`1 234`, with each of the spaces people type."""
    amounts = [line["cout_total"] for line in actions(case) if _has_thousands(line["cout_total"])][:3]
    for amount, space in zip(amounts, SPACES, strict=False):
        set_text(amount, f"{amount.value:,}".replace(",", space).replace(".", ","))
    return list(amounts)


def _has_thousands(amount: Cell) -> bool:
    return isinstance(amount.value, int | float) and amount.value >= THOUSAND


@fault(SILENT, "participants")
def nombre_en_texte(case: Case) -> Touched:
    touched = [line["participants"] for line in case.rng.sample(actions(case), k=min(4, len(actions(case))))]
    for target in touched:
        set_text(target, f" {target.value}" if target.value is not None else None)
    return [target for target in touched if target.value]


@fault(SILENT, "etp")
def virgule_decimale(case: Case) -> Touched:
    target = cell(case, "gouvernance", "etp")
    return [set_text(target, f"{case.rng.choice((0.5, 0.8, 1.2, 1.5))}".replace(".", ","))]


@fault(SILENT, "etp", makers={"xlsxwriter", "openpyxl"})
def pourcentage_par_le_format(case: Case) -> Touched:
    """A number shown as a percentage is the number stored."""
    target = cell(case, "gouvernance", "etp")
    target.value, target.look = 0.5, "pourcent"
    return [target]


@fault(SILENT, "numero")
def numero_en_texte(case: Case) -> Touched:
    numbers = [line["numero"] for line in actions(case)]
    for number in numbers:
        set_text(number, str(number.value))
    return numbers[:1]


@fault(SILENT, "version", vintages={"2024"})
def texte_en_nombre(case: Case) -> Touched:
    target = cell(case, "identification", "version_gabarit")
    target.value = int(case.form.millesime)
    return [target]


@fault(SILENT, "dates")
def date_en_texte(case: Case) -> Touched:
    line = action(case)
    for target in (line["date_debut"], line["date_fin"]):
        set_text(target, f"{target.value:%d/%m/%Y}" if isinstance(target.value, date) else None)
    return [line["date_debut"], line["date_fin"]]


@fault(SILENT, "dates", makers=OFFICE)
def date_en_numero_de_serie(case: Case) -> Touched:
    """The date format was lost: a bare number of days remains."""
    target = action(case)["date_debut"]
    if isinstance(target.value, date) and not isinstance(target.value, datetime):
        target.value, target.look = (target.value - EXCEL_EPOCH).days, ""
    return [target]


@fault(SILENT, "frein")
def sans_accents_ni_casse(case: Case) -> Touched:
    targets = [line["frein"] for line in actions(case) if line["frein"].value][:5]
    for target in targets:
        bare = "".join(c for c in unicodedata.normalize("NFKD", str(target.value)) if not unicodedata.combining(c))
        set_text(target, bare.upper())
    return list(targets)


@fault(SILENT, "publics")
def apostrophes_courbes(case: Case) -> Touched:
    targets = [line["publics"] for line in actions(case) if "'" in str(line["publics"].value)]
    for target in targets:
        set_text(target, str(target.value).replace("'", "\N{RIGHT SINGLE QUOTATION MARK}"))
    return list(targets)


@fault(SILENT, "type_action")
def espaces_en_trop(case: Case) -> Touched:
    target = action(case)["type_action"]
    return [set_text(target, str(target.value).replace(" ", "  ") + "\N{NO-BREAK SPACE}")]


@fault(SILENT, "qpv_couverts")
def separateurs_melanges(case: Case) -> Touched:
    target = cell(case, "identification", "qpv_couverts")
    codes = str(target.value).split("; ")
    text = codes[0]
    for rank, code in enumerate(codes[1:]):
        text += ("\n", ", ", " / ", ";")[rank % 4] + code
    return [set_text(target, text)] if len(codes) > 1 else []


@fault(SILENT, "qpv_concernes")
def code_avec_son_nom(case: Case) -> Touched:
    """`QP049001 - Belle Beille`, `Roseraie (QP049002)`: the code is read."""
    names = dict(case.territory.qpv(case.book.vintage))
    single = [line["qpv_concernes"] for line in actions(case) if str(line["qpv_concernes"].value) in names]
    plain = [c for c in single if names[str(c.value)].replace(" ", "").isalpha()][:2]
    for target, shape in zip(plain, ("{0} - {1}", "{1} ({0})"), strict=False):
        set_text(target, shape.format(target.value, names[str(target.value)]))
    return list(plain)


@fault(SILENT, "trimestre")
def trimestre_ecrit_autrement(case: Case) -> Touched:
    number, year = case.quarter.number, case.quarter.year
    ordinal = "1er" if number == 1 else f"{number}e"
    forms = (f"T{number} {year}", f"{number}T{year}", f"{year}T{number}", f"{ordinal} trimestre {year}")
    return [set_text(cell(case, "identification", "trimestre"), case.rng.choice(forms))]


@fault(SILENT, "partenaire", in_t4=True)
def partenaire_par_un_synonyme(case: Case) -> Touched:
    return swapped(case, "partenaires", "partenaire", {"france_travail": "Pôle emploi"})


@fault(SILENT, "partenaire", in_t4=True)
def partenaire_nomme(case: Case) -> Touched:
    """The partner's own name, in which its kind's name stands."""
    place = case.territory.name.split(" / ")[0]
    return swapped(case, "partenaires", "partenaire", {"mission_locale": f"Mission locale de {place}"})


@fault(SILENT, "cofinanceurs")
def cofinanceur_nomme(case: Case) -> Touched:
    target = action(case)["cofinanceurs"]
    return [set_text(target, f"CAF du département {case.territory.departments[0]}")]


@fault(SILENT, "non_renseigne")
def valeur_inconnue_dite(case: Case) -> Touched:
    """`n.d.`, `NC`, `-`: nothing known, which is not zero."""
    lines = case.rng.sample(actions(case), k=min(3, len(actions(case))))
    words = ("n.d.", "NC", "-")
    return [set_text(line["participants_jeunes"], word) for line, word in zip(lines, words, strict=False)]


@fault(SILENT, "sans_objet")
def sans_objet_dit(case: Case) -> Touched:
    line = case.rng.choice(case.book.tables["beneficiaires"].lines[2:])
    targets = [line[champ] for champ in line if champ.startswith("creation_activite")]
    for target in targets:
        set_text(target, "s.o.")
    return list(targets)


@fault(SILENT, "participants", makers={"xlsxwriter"})
def formule_avec_valeur(case: Case) -> Touched:
    target = action(case)["participants"]
    value = target.value
    if not isinstance(value, int):
        return []
    target.value = Formula(f"={value // 2}+{value - value // 2}", value)
    return [target]


@fault(SILENT, "fusion", makers=XLSX)
def fusion_de_mots(case: Case) -> Touched:
    """A word merged over two lines holds for each."""
    lines = actions(case)
    for above, below in pairwise(lines):
        if above["axe"].value == below["axe"].value and above["axe"].value:
            below["axe"].value = None
            case.book.tables["actions"].sheet.merges.append((above["axe"], below["axe"]))
            return [above["axe"], below["axe"]]
    return []
