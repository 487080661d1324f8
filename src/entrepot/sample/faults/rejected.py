"""Cells that cannot be kept: the value is refused and goes back to its sender, the return stays.

Figures compared with the published ones never depend on a refused cell: what would take one of them away
is planted on an extra line.
"""

import random
from datetime import timedelta

from entrepot.sample.book import Book, Failure, Formula, Record
from entrepot.sample.faults.kinds import XLSX, Context, Effect, Touched, fault
from entrepot.sample.faults.pick import action, actions, cell, extra_action, set_text

REJECTED = Effect.REJECTED


@fault(REJECTED, "cout", "formule_sans_valeur", makers={"openpyxl"})
def formule_sans_valeur(book: Book, context: Context, rng: random.Random) -> Touched:
    target = action(book, rng)["cout_total"]
    target.value = Formula("=1200+350", None)
    return [target]


@fault(REJECTED, "participants", "erreur_tableur", makers=XLSX)
def erreur_de_tableur(book: Book, context: Context, rng: random.Random) -> Touched:
    target = action(book, rng)["participants"]
    target.value, target.look = Failure(rng.choice(("#REF!", "#N/A"))), ""
    return [target]


@fault(REJECTED, "frein", "modalite_inconnue")
def frein_inconnu(book: Book, context: Context, rng: random.Random) -> Touched:
    return [set_text(_second_axis(book, rng)["frein"], rng.choice(("Météo", "Divers", "Voir rapport")))]


@fault(REJECTED, "axe", "modalite_inconnue")
def axe_inconnu(book: Book, context: Context, rng: random.Random) -> Touched:
    return [set_text(extra_action(book, rng, 1)["axe"], "Communication")]


@fault(REJECTED, "occurrences", "requis")
def occurrences_non_dites(book: Book, context: Context, rng: random.Random) -> Touched:
    return [set_text(extra_action(book, rng, 1)["occurrences"], rng.choice(("n.d.", "")) or None)]


@fault(REJECTED, "occurrences", "nombre_borne")
def nombre_borne(book: Book, context: Context, rng: random.Random) -> Touched:
    return [set_text(extra_action(book, rng, 2)["occurrences"], rng.choice(("plus de 10", "< 5")))]


@fault(REJECTED, "participants", "nombres_multiples")
def nombres_multiples(book: Book, context: Context, rng: random.Random) -> Touched:
    return [set_text(action(book, rng)["participants"], "12 à 15")]


@fault(REJECTED, "participants", "decimal_pour_entier")
def decimal_pour_entier(book: Book, context: Context, rng: random.Random) -> Touched:
    return [set_text(action(book, rng)["participants"], "12,5")]


@fault(REJECTED, "participants", "negatif")
def nombre_negatif(book: Book, context: Context, rng: random.Random) -> Touched:
    target = action(book, rng)["participants"]
    target.value = -4
    return [target]


@fault(REJECTED, "participants", "illisible")
def nombre_illisible(book: Book, context: Context, rng: random.Random) -> Touched:
    return [set_text(action(book, rng)["participants"], rng.choice(("beaucoup", "une vingtaine", "voir annexe")))]


@fault(REJECTED, "qpv_concernes", "code_inconnu")
def code_qpv_inconnu(book: Book, context: Context, rng: random.Random) -> Touched:
    """One unknown code among known ones: the others stay."""
    target = action(book, rng)["qpv_concernes"]
    unknown = "QP099999" if book.vintage == "2022" else "QN09999X"
    return [set_text(target, f"{target.value}; {unknown}")]


@fault(REJECTED, "cofinanceurs", "code_inconnu")
def cofinanceur_inconnu(book: Book, context: Context, rng: random.Random) -> Touched:
    line = next((line for line in actions(book) if line["cofinanceurs"].value), None)
    return [set_text(line["cofinanceurs"], f"{line['cofinanceurs'].value}; Les Amis du tramway")] if line else []


@fault(REJECTED, "dates", "illisible")
def date_impossible(book: Book, context: Context, rng: random.Random) -> Touched:
    return [set_text(action(book, rng)["date_debut"], f"31/02/{context.quarter.year}")]


@fault(REJECTED, "dates", "fin avant début")
def date_de_fin_avant_le_debut(book: Book, context: Context, rng: random.Random) -> Touched:
    line = action(book, rng)
    line["date_debut"].value = context.quarter.first_day + timedelta(days=40)
    line["date_fin"].value, line["date_fin"].look = context.quarter.first_day + timedelta(days=10), "date"
    return [line["date_fin"]]


@fault(REJECTED, "dates", "hors du trimestre")
def dates_hors_du_trimestre(book: Book, context: Context, rng: random.Random) -> Touched:
    line = action(book, rng)
    line["date_debut"].value = context.quarter.first_day - timedelta(days=300)
    line["date_fin"].value, line["date_fin"].look = context.quarter.first_day - timedelta(days=290), "date"
    return [line["date_fin"]]


@fault(REJECTED, "dates", "date de fin absente", vintages={"2024"})
def date_de_fin_absente_action_realisee(book: Book, context: Context, rng: random.Random) -> Touched:
    done = context.catalogue.label("statuts_action", "realisee")
    line = next(line for line in actions(book) if line["statut"].value == done)
    return [set_text(line["date_fin"], None)]


@fault(REJECTED, "intitule", "donnee_personnelle")
def courriel_dans_l_intitule(book: Book, context: Context, rng: random.Random) -> Touched:
    target = action(book, rng)["intitule"]
    return [set_text(target, f"{target.value} (contact : atelier@association.exemple.invalid)")]


@fault(REJECTED, "intitule", "donnee_personnelle")
def telephone_dans_l_intitule(book: Book, context: Context, rng: random.Random) -> Touched:
    """A number of the range that the regulator keeps for fiction (06 39 98)."""
    target = action(book, rng)["intitule"]
    return [set_text(target, f"{target.value} - inscriptions 06 39 98 {rng.randint(10, 99)} {rng.randint(10, 99)}")]


@fault(REJECTED, "sous_total", "dont supérieur au total")
def femmes_plus_nombreuses_que_les_participants(book: Book, context: Context, rng: random.Random) -> Touched:
    line = _with_number(book, rng, "participants")
    line["participants_femmes"].value = int(line["participants"].value or 0) + 3  # type: ignore[arg-type]
    return [line["participants_femmes"]]


@fault(REJECTED, "sous_total", "dont supérieur au total")
def cout_cite_au_dessus_du_total(book: Book, context: Context, rng: random.Random) -> Touched:
    line = _with_number(book, rng, "cout_total")
    line["cout_cite"].value = float(line["cout_total"].value or 0) + 500  # type: ignore[arg-type]
    return [line["cout_cite"]]


@fault(REJECTED, "beneficiaires", "public supérieur à l'ensemble")
def public_au_dessus_de_l_ensemble(book: Book, context: Context, rng: random.Random) -> Touched:
    ensemble, *publics = book.tables["beneficiaires"].lines
    champ = rng.choice([champ for champ in ensemble if champ.startswith(("entres_formation", "acces_emploi"))])
    target = rng.choice(publics)[champ]
    target.value = int(ensemble[champ].value or 0) + 2  # type: ignore[arg-type]
    return [target]


@fault(REJECTED, "beneficiaires", "accompagnés au-dessus des identifiés (cumul)", vintages={"2022"})
def accompagnes_au_dessus_du_cumul_identifie(book: Book, context: Context, rng: random.Random) -> Touched:
    ensemble, *publics = book.tables["beneficiaires"].lines
    for line in publics:
        identified, ceiling = line["identifies"].value, ensemble["accompagnes"].value
        if isinstance(identified, int) and isinstance(ceiling, int) and identified < ceiling:
            line["accompagnes"].value = identified + 1
            return [line["accompagnes"]]
    return []


@fault(REJECTED, "type_action", "type contraire à l'axe")
def type_contraire_a_l_axe(book: Book, context: Context, rng: random.Random) -> Touched:
    axes = {code: context.catalogue.label("axes", code, book.vintage) for code in context.catalogue.lists["axes"]}
    line = action(book, rng)
    other = next(
        kind for kind, axis in context.catalogue.axis_of_type.items() if axes[axis] != line["axe"].value
    )
    return [set_text(line["type_action"], context.catalogue.label("types_action", other))]


@fault(REJECTED, "frein", "requis")
def frein_manquant(book: Book, context: Context, rng: random.Random) -> Touched:
    return [set_text(_second_axis(book, rng)["frein"], None)]


@fault(REJECTED, "numero", "numéro en double")
def numero_en_double(book: Book, context: Context, rng: random.Random) -> Touched:
    first, second = actions(book)[:2]
    second["numero"].value = first["numero"].value
    return [second["numero"]]


@fault(REJECTED, "satisfaction", "illisible", vintages={"2024"}, in_t4=True)
def note_de_trois_et_demi(book: Book, context: Context, rng: random.Random) -> Touched:
    answers = [line["satisfaction"] for line in book.tables["partenaires"].lines if line["satisfaction"].value is not None]
    return [set_text(rng.choice(answers), "3,5")]


@fault(REJECTED, "contrat", "code_inconnu", vintages={"2024"})
def contrat_inconnu(book: Book, context: Context, rng: random.Random) -> Touched:
    return [set_text(cell(book, "identification", "contrats_ville"), "CN99999X")]


def _second_axis(book: Book, rng: random.Random) -> Record:
    """A line of the second axis, whose frein is asked and counts in no published figure."""
    axes = list(dict.fromkeys(line["axe"].value for line in actions(book) if line["axe"].value))
    return rng.choice([line for line in actions(book) if line["axe"].value == axes[min(2, len(axes)) - 1]])


def _with_number(book: Book, rng: random.Random, champ: str) -> Record:
    return rng.choice([line for line in actions(book) if isinstance(line[champ].value, int | float)])
