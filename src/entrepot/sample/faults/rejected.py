"""Cells that cannot be kept: the value is refused and goes back to its sender, the return stays.

Figures compared with the published ones never depend on a refused cell: what would take one of them away
is planted on an extra line.
"""

from datetime import timedelta

from entrepot.sample.book import Failure, Formula, Record
from entrepot.sample.faults.kinds import XLSX, Case, Effect, Touched, fault
from entrepot.sample.faults.pick import action, actions, cell, extra_action, of_axis, set_text

REJECTED = Effect.REJECTED


@fault(REJECTED, "cout", "LEC-03", makers={"openpyxl"})
def formule_sans_valeur(case: Case) -> Touched:
    target = action(case)["cout_total"]
    target.value = Formula("=1200+350", None)
    return [target]


@fault(REJECTED, "participants", "LEC-02", makers=XLSX)
def erreur_de_tableur(case: Case) -> Touched:
    target = action(case)["participants"]
    target.value, target.look = Failure(case.rng.choice(("#REF!", "#N/A"))), ""
    return [target]


@fault(REJECTED, "frein", "LEC-04")
def frein_inconnu(case: Case) -> Touched:
    return [set_text(_second_axis(case)["frein"], case.rng.choice(("Météo", "Divers", "Voir rapport")))]


@fault(REJECTED, "axe", "LEC-04")
def axe_inconnu(case: Case) -> Touched:
    return [set_text(extra_action(case, 1)["axe"], "Communication")]


@fault(REJECTED, "occurrences", "ACT-01")
def occurrences_non_dites(case: Case) -> Touched:
    return [set_text(extra_action(case, 1)["occurrences"], case.rng.choice(("n.d.", "")) or None)]


@fault(REJECTED, "occurrences", "LEC-06")
def nombre_borne(case: Case) -> Touched:
    return [set_text(extra_action(case, 2)["occurrences"], case.rng.choice(("plus de 10", "< 5")))]


@fault(REJECTED, "participants", "LEC-07")
def nombres_multiples(case: Case) -> Touched:
    return [set_text(action(case)["participants"], "12 à 15")]


@fault(REJECTED, "participants", "LEC-08")
def decimal_pour_entier(case: Case) -> Touched:
    return [set_text(action(case)["participants"], "12,5")]


@fault(REJECTED, "participants", "LEC-09")
def nombre_negatif(case: Case) -> Touched:
    target = action(case)["participants"]
    target.value = -4
    return [target]


@fault(REJECTED, "participants", "LEC-01")
def nombre_illisible(case: Case) -> Touched:
    return [set_text(action(case)["participants"], case.rng.choice(("beaucoup", "une vingtaine", "voir annexe")))]


@fault(REJECTED, "qpv_concernes", "ELT-01")
def code_qpv_inconnu(case: Case) -> Touched:
    """One unknown code among known ones: the others stay."""
    target = action(case)["qpv_concernes"]
    unknown = "QP099999" if case.book.vintage == "2022" else "QN09999X"
    return [set_text(target, f"{target.value}; {unknown}")]


@fault(REJECTED, "cofinanceurs", "ELT-04")
def cofinanceur_inconnu(case: Case) -> Touched:
    line = next((line for line in actions(case) if line["cofinanceurs"].value), None)
    return [set_text(line["cofinanceurs"], f"{line['cofinanceurs'].value}; Les Amis du tramway")] if line else []


@fault(REJECTED, "dates", "LEC-01")
def date_impossible(case: Case) -> Touched:
    return [set_text(action(case)["date_debut"], f"31/02/{case.quarter.year}")]


@fault(REJECTED, "dates", "ACT-08")
def date_de_fin_avant_le_debut(case: Case) -> Touched:
    line = action(case)
    line["date_debut"].value = case.quarter.first_day + timedelta(days=40)
    line["date_fin"].value, line["date_fin"].look = case.quarter.first_day + timedelta(days=10), "date"
    return [line["date_fin"]]


@fault(REJECTED, "dates", "ACT-09")
def dates_hors_du_trimestre(case: Case) -> Touched:
    line = action(case)
    line["date_debut"].value = case.quarter.first_day - timedelta(days=300)
    line["date_fin"].value, line["date_fin"].look = case.quarter.first_day - timedelta(days=290), "date"
    return [line["date_fin"]]


@fault(REJECTED, "dates", "ACT-11", vintages={"2024"})
def date_de_fin_absente_action_realisee(case: Case) -> Touched:
    done = case.catalogue.label("statuts_action", "realisee")
    line = next(line for line in actions(case) if line["statut"].value == done)
    return [set_text(line["date_fin"], None)]


@fault(REJECTED, "intitule", "LEC-10")
def courriel_dans_l_intitule(case: Case) -> Touched:
    target = action(case)["intitule"]
    return [set_text(target, f"{target.value} (contact : atelier@association.exemple.invalid)")]


@fault(REJECTED, "intitule", "LEC-10")
def telephone_dans_l_intitule(case: Case) -> Touched:
    """A number of the range that the regulator keeps for fiction (06 39 98)."""
    target = action(case)["intitule"]
    return [
        set_text(
            target, f"{target.value} - inscriptions 06 39 98 {case.rng.randint(10, 99)} {case.rng.randint(10, 99)}"
        )
    ]


@fault(REJECTED, "sous_total", "ACT-06")
def femmes_plus_nombreuses_que_les_participants(case: Case) -> Touched:
    line = _with_number(case, "participants")
    line["participants_femmes"].value = int(line["participants"].value or 0) + 3  # type: ignore[arg-type]
    return [line["participants_femmes"]]


@fault(REJECTED, "sous_total", "ACT-07")
def cout_cite_au_dessus_du_total(case: Case) -> Touched:
    line = _with_number(case, "cout_total", "cout_cite")
    line["cout_cite"].value = float(line["cout_total"].value or 0) + 500  # type: ignore[arg-type]
    return [line["cout_cite"]]


@fault(REJECTED, "beneficiaires", "BEN-01")
def public_au_dessus_de_l_ensemble(case: Case) -> Touched:
    ensemble, *publics = case.book.tables["beneficiaires"].lines
    champ = case.rng.choice([champ for champ in ensemble if champ.startswith(("entres_formation", "acces_emploi"))])
    target = case.rng.choice(publics)[champ]
    target.value = int(ensemble[champ].value or 0) + 2  # type: ignore[arg-type]
    return [target]


@fault(REJECTED, "beneficiaires", "BEN-02", vintages={"2022"})
def accompagnes_au_dessus_du_cumul_identifie(case: Case) -> Touched:
    ensemble, *publics = case.book.tables["beneficiaires"].lines
    for line in publics:
        identified, ceiling = line["identifies"].value, ensemble["accompagnes"].value
        if isinstance(identified, int) and isinstance(ceiling, int) and identified < ceiling:
            line["accompagnes"].value = identified + 1
            return [line["accompagnes"]]
    return []


@fault(REJECTED, "type_action", "ACT-03")
def type_contraire_a_l_axe(case: Case) -> Touched:
    axes = {code: case.catalogue.label("axes", code, case.book.vintage) for code in case.catalogue.lists["axes"]}
    line = case.rng.choice([line for line in actions(case) if line["axe"].value in axes.values()])
    other = next(kind for kind, axis in case.catalogue.axis_of_type.items() if axes[axis] != line["axe"].value)
    return [set_text(line["type_action"], case.catalogue.label("types_action", other))]


@fault(REJECTED, "frein", "ACT-02")
def frein_manquant(case: Case) -> Touched:
    return [set_text(_second_axis(case)["frein"], None)]


@fault(REJECTED, "numero", "ACT-04")
def numero_en_double(case: Case) -> Touched:
    first, second = actions(case)[:2]
    second["numero"].value = first["numero"].value
    return [second["numero"]]


@fault(REJECTED, "satisfaction", "LEC-04", vintages={"2024"}, in_t4=True)
def note_de_trois_et_demi(case: Case) -> Touched:
    answers = [
        line["satisfaction"] for line in case.book.tables["partenaires"].lines if line["satisfaction"].value is not None
    ]
    return [set_text(case.rng.choice(answers), "3,5")]


@fault(REJECTED, "contrat", "ELT-02", vintages={"2024"})
def contrat_inconnu(case: Case) -> Touched:
    return [set_text(cell(case, "identification", "contrats_ville"), "CN99999X")]


def _second_axis(case: Case) -> Record:
    """A line of the second axis, whose frein is asked and counts in no published figure."""
    lines = of_axis(case, 2)
    return case.rng.choice(lines) if lines else extra_action(case, 2)


def _with_number(case: Case, *champs: str) -> Record:
    lines = actions(case)
    return case.rng.choice([line for line in lines if all(isinstance(line[c].value, int | float) for c in champs)])
