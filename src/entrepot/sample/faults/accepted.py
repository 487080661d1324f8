"""Untidy cells that must be read as meant, without a word to the sender."""

import random
import unicodedata
from datetime import date, datetime

from entrepot.sample.book import Book, Formula
from entrepot.sample.faults.kinds import OFFICE, XLSX, Context, Effect, Touched, fault
from entrepot.sample.faults.pick import action, actions, cell, set_text, swapped

SILENT = Effect.SILENT
SPACES = (" ", "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}")
EXCEL_EPOCH = date(1899, 12, 30)


@fault(SILENT, "cout")
def nombre_avec_espaces(book: Book, context: Context, rng: random.Random) -> Touched:
    """`1 234`, with each of the spaces people type."""
    amounts = [line["cout_total"] for line in actions(book) if isinstance(line["cout_total"].value, int | float)]
    amounts = [amount for amount in amounts if float(amount.value) >= 1000][:3]  # type: ignore[arg-type]
    for amount, space in zip(amounts, SPACES, strict=False):
        set_text(amount, f"{amount.value:,}".replace(",", space).replace(".", ","))
    return list(amounts)


@fault(SILENT, "participants")
def nombre_en_texte(book: Book, context: Context, rng: random.Random) -> Touched:
    touched = [line["participants"] for line in rng.sample(actions(book), k=min(4, len(actions(book))))]
    for target in touched:
        set_text(target, f" {target.value}" if target.value is not None else None)
    return [target for target in touched if target.value]


@fault(SILENT, "etp")
def virgule_decimale(book: Book, context: Context, rng: random.Random) -> Touched:
    target = cell(book, "gouvernance", "etp")
    return [set_text(target, f"{rng.choice((0.5, 0.8, 1.2, 1.5))}".replace(".", ","))]


@fault(SILENT, "etp", makers={"xlsxwriter", "openpyxl"})
def pourcentage_par_le_format(book: Book, context: Context, rng: random.Random) -> Touched:
    """A number shown as a percentage is the number stored."""
    target = cell(book, "gouvernance", "etp")
    target.value, target.look = 0.5, "pourcent"
    return [target]


@fault(SILENT, "numero")
def numero_en_texte(book: Book, context: Context, rng: random.Random) -> Touched:
    numbers = [line["numero"] for line in actions(book)]
    for number in numbers:
        set_text(number, str(number.value))
    return numbers[:1]


@fault(SILENT, "dates")
def date_en_texte(book: Book, context: Context, rng: random.Random) -> Touched:
    line = action(book, rng)
    for target in (line["date_debut"], line["date_fin"]):
        set_text(target, f"{target.value:%d/%m/%Y}" if isinstance(target.value, date) else None)
    return [line["date_debut"], line["date_fin"]]


@fault(SILENT, "dates", makers=OFFICE)
def date_en_numero_de_serie(book: Book, context: Context, rng: random.Random) -> Touched:
    """The date format was lost: a bare number of days remains."""
    target = action(book, rng)["date_debut"]
    if isinstance(target.value, date) and not isinstance(target.value, datetime):
        target.value, target.look = (target.value - EXCEL_EPOCH).days, ""
    return [target]


@fault(SILENT, "frein")
def sans_accents_ni_casse(book: Book, context: Context, rng: random.Random) -> Touched:
    targets = [line["frein"] for line in actions(book) if line["frein"].value][:5]
    for target in targets:
        bare = "".join(c for c in unicodedata.normalize("NFKD", str(target.value)) if not unicodedata.combining(c))
        set_text(target, bare.upper())
    return list(targets)


@fault(SILENT, "publics")
def apostrophes_courbes(book: Book, context: Context, rng: random.Random) -> Touched:
    targets = [line["publics"] for line in actions(book) if "'" in str(line["publics"].value)]
    for target in targets:
        set_text(target, str(target.value).replace("'", "\N{RIGHT SINGLE QUOTATION MARK}"))
    return list(targets)


@fault(SILENT, "type_action")
def espaces_en_trop(book: Book, context: Context, rng: random.Random) -> Touched:
    target = action(book, rng)["type_action"]
    return [set_text(target, str(target.value).replace(" ", "  ") + "\N{NO-BREAK SPACE}")]


@fault(SILENT, "qpv_couverts")
def separateurs_melanges(book: Book, context: Context, rng: random.Random) -> Touched:
    target = cell(book, "identification", "qpv_couverts")
    codes = str(target.value).split("; ")
    text = codes[0]
    for rank, code in enumerate(codes[1:]):
        text += ("\n", ", ", " / ", ";")[rank % 4] + code
    return [set_text(target, text)] if len(codes) > 1 else []


@fault(SILENT, "qpv_concernes")
def code_avec_son_nom(book: Book, context: Context, rng: random.Random) -> Touched:
    """`QP049001 - Belle Beille`, `Roseraie (QP049002)`: the code is read."""
    names = dict(context.territory.qpv(book.vintage))
    single = [line["qpv_concernes"] for line in actions(book) if str(line["qpv_concernes"].value) in names]
    plain = [c for c in single if names[str(c.value)].replace(" ", "").isalpha()][:2]
    for target, shape in zip(plain, ("{0} - {1}", "{1} ({0})"), strict=False):
        set_text(target, shape.format(target.value, names[str(target.value)]))
    return list(plain)


@fault(SILENT, "trimestre")
def trimestre_ecrit_autrement(book: Book, context: Context, rng: random.Random) -> Touched:
    number, year = context.quarter.number, context.quarter.year
    ordinal = "1er" if number == 1 else f"{number}e"
    forms = (f"T{number} {year}", f"{number}T{year}", f"{year}T{number}", f"{ordinal} trimestre {year}")
    return [set_text(cell(book, "identification", "trimestre"), rng.choice(forms))]


@fault(SILENT, "partenaire", in_t4=True)
def partenaire_par_un_synonyme(book: Book, context: Context, rng: random.Random) -> Touched:
    return swapped(book, context, "partenaires", "partenaire", {"france_travail": "Pôle emploi"})


@fault(SILENT, "partenaire", in_t4=True)
def partenaire_nomme(book: Book, context: Context, rng: random.Random) -> Touched:
    """The partner's own name, in which its kind's name stands."""
    place = context.territory.name.split(" / ")[0]
    return swapped(book, context, "partenaires", "partenaire", {"mission_locale": f"Mission locale de {place}"})


@fault(SILENT, "cofinanceurs")
def cofinanceur_nomme(book: Book, context: Context, rng: random.Random) -> Touched:
    target = action(book, rng)["cofinanceurs"]
    return [set_text(target, f"CAF du département {context.territory.departments[0]}")]


@fault(SILENT, "non_renseigne")
def valeur_inconnue_dite(book: Book, context: Context, rng: random.Random) -> Touched:
    """`n.d.`, `NC`, `-`: nothing known, which is not zero."""
    touched: Touched = []
    lines = rng.sample(actions(book), k=min(3, len(actions(book))))
    for line, words in zip(lines, ("n.d.", "NC", "-"), strict=False):
        touched.append(set_text(line["participants_jeunes"], words))
    return touched


@fault(SILENT, "sans_objet")
def sans_objet_dit(book: Book, context: Context, rng: random.Random) -> Touched:
    line = rng.choice(book.tables["beneficiaires"].lines[2:])
    targets = [line[champ] for champ in line if champ.startswith("creation_activite")]
    for target in targets:
        set_text(target, "s.o.")
    return list(targets)


@fault(SILENT, "participants", makers={"xlsxwriter"})
def formule_avec_valeur(book: Book, context: Context, rng: random.Random) -> Touched:
    target = action(book, rng)["participants"]
    value = target.value
    if not isinstance(value, int):
        return []
    target.value = Formula(f"={value // 2}+{value - value // 2}", value)
    return [target]


@fault(SILENT, "fusion", makers=XLSX)
def fusion_de_mots(book: Book, context: Context, rng: random.Random) -> Touched:
    """A word merged over two lines holds for each."""
    lines = actions(book)
    for above, below in zip(lines, lines[1:], strict=False):
        if above["axe"].value == below["axe"].value and above["axe"].value:
            below["axe"].value = None
            book.tables["actions"].sheet.merges.append((above["axe"], below["axe"]))
            return [above["axe"], below["axe"]]
    return []
