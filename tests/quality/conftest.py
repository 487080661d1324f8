"""Faultless returns as reading and staging leave them, of each vintage (fictitious data)."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

QUARTERS = {
    "2022": ("cde-001", "2023-T3", date(2023, 7, 1), date(2023, 9, 30)),
    "2024": ("cde-002", "2024-T4", date(2024, 10, 1), date(2024, 12, 31)),
}
SHEETS = ["Identification", "Actions", "Bénéficiaires", "Gouvernance", "Partenaires"]
# Table of the form: its sheet, its header line, and the fields in the order of their columns.
TABLES: dict[str, tuple[int, int | None, list[str]]] = {
    "identification": (1, None, ["nom_cite", "arrete_au", "structure_porteuse", "type_structure", "perimetre"]),
    "actions": (
        2, 4,
        ["numero", "axe", "type_action", "intitule", "frein", "publics", "qpv_concernes", "date_debut", "date_fin",
         "occurrences", "participants", "participants_femmes", "participants_jeunes", "cout_total", "cout_cite",
         "cofinanceurs", "statut"],
    ),
    "beneficiaires": (3, 4, ["public", "identifies", "accompagnes"]),
    "gouvernance": (4, None, ["etp", "niveau_cooperation"]),
    "instances": (4, 12, ["instance", "niveau"]),
    "partenaires": (5, 4, ["partenaire", "associe"]),
}  # fmt: skip
FORM_FIELDS = """
insert into entrepot.champ_gabarit (millesime, tableau, champ, rang, feuille, genre, libelle, type, liste, requis)
select millesime, tableau, champ, 1, 'feuille', 'liste', libelle, type, liste, true
from (values ('2022'), ('2024')) as millesimes (millesime)
cross join (values
    ('actions', 'axe', 'Axe', 'choix', 'axes'),
    ('actions', 'participants', 'Participants', 'entier', null),
    ('actions', 'participants_femmes', 'dont femmes', 'entier', null),
    ('beneficiaires', 'accompagnes', 'Accompagnés', 'entier', null)
) as champs (tableau, champ, libelle, type, liste)
"""


def create_tables(connection: psycopg.Connection[Any]) -> None:
    """Create the staged tables, and describe a few fields of the form."""
    connection.execute(Path(__file__).with_name("staging.sql").read_text(encoding="utf-8"))
    connection.execute("truncate entrepot.champ_gabarit")
    connection.execute(FORM_FIELDS)
    connection.execute(
        "insert into reference.ref_modalites values"
        " ('axes', 'recenser_federer', 'Recenser et fédérer', 1), ('axes', 'aller_vers', 'Aller-vers et raccrocher', 2)"
    )


def insert(connection: psycopg.Connection[Any], table: str, **values: object) -> None:
    """Insert one row."""
    columns = ", ".join(values)
    marks = ", ".join(["%s"] * len(values))
    connection.execute(f"insert into {table} ({columns}) values ({marks})", list(values.values()))


def write_return(connection: psycopg.Connection[Any], receipt: int, millesime: str) -> None:
    """Write one faultless return, prepared and not checked yet."""
    territoire, trimestre, debut, fin = QUARTERS[millesime]
    connection.execute(
        "insert into entrepot.recepisse (recepisse_id, empreinte, taille, nom_fichier, canal, recu_le, genre, format,"
        " territoire_id, trimestre, millesime, verdict, verdict_le) overriding system value"
        " values (%s, %s, 1, 'retour.xlsx', 'commande', now(), 'retour', 'xlsx', %s, %s, %s, 'accepte', now())",
        [receipt, f"{receipt:064d}", territoire, trimestre, millesime],
    )
    insert(connection, "entrepot.traitement", recepisse_id=receipt, etape="preparation")
    for rank, name in enumerate(SHEETS, start=1):
        insert(connection, "brut.feuille", recepisse_id=receipt, feuille=rank, nom=name, masquee=False)
    for table, (sheet, header, fields) in TABLES.items():
        # In a sheet of labels and answers, every answer stands in the second column.
        columns = {field: rank if header else 2 for rank, field in enumerate(fields, start=1)}
        insert(
            connection, "brut.tableau", recepisse_id=receipt, tableau=table, feuille=sheet, ligne_entete=header,
            colonnes=json.dumps(columns),
        )  # fmt: skip
    common = {"recepisse_id": receipt, "territoire_id": territoire, "trimestre": trimestre, "millesime": millesime}

    def raw(table: str, line: int, cells: list[str | None], landmark: str | None = None) -> None:
        insert(
            connection, "brut.ligne", recepisse_id=receipt, feuille=TABLES[table][0], ligne=line, tableau=table,
            nature="donnee", repere=landmark, cellules=cells,
        )  # fmt: skip

    for table, (sheet, _, _) in TABLES.items():
        if table != "identification":
            insert(
                connection, "preparation.ctl_empreintes", **common, tableau=table, feuille=SHEETS[sheet - 1],
                reponses_libres=30, valeurs_differentes=12,
            )  # fmt: skip

    answers: list[str | None] = ["Cité (exemple fictif)", fin.isoformat(), "Agglomération fictive", "EPCI", "Commune"]
    for rank, (field, answer) in enumerate(zip(TABLES["identification"][2], answers, strict=True)):
        raw("identification", 3 + rank, [field, answer], field)
    insert(
        connection, "preparation.ctl_identifications", **common, feuille="Identification", nom_cite=answers[0],
        arrete_au=fin, arrete_au_etat="saisi", structure_porteuse=answers[2], structure_porteuse_etat="saisi",
        type_structure="epci", type_structure_etat="saisi", perimetre="commune", perimetre_etat="saisi",
        trimestre_debut=debut, nom_officiel="Cité", nom_ressemblant=None, date_arrete_precedente=None,
        jumeau_trimestre=None,
    )  # fmt: skip

    statut = "realisee" if millesime == "2024" else None
    for line in (5, 6):
        raw("actions", line, [
            str(line - 4), "Aller-vers et raccrocher", "Permanence", "Permanence emploi", "Mobilité", "Tous publics",
            "QP001001", debut.isoformat(), fin.isoformat(), "3", "30", "10", "12", "1000", "400", "CAF",
            "Réalisée" if statut else None,
        ])  # fmt: skip
        insert(
            connection, "preparation.ctl_actions", **common, feuille="Actions", ligne=line, numero=line - 4,
            axe="aller_vers", axe_etat="saisi", type_action="permanence", type_action_etat="saisi",
            type_action_axe="aller_vers", intitule="Permanence emploi", intitule_etat="saisi", frein="mobilite",
            publics=["tous_publics"], publics_etat="saisi", date_debut=debut, date_fin=fin, date_fin_etat="saisi",
            occurrences=3, occurrences_etat="saisi", participants=30, participants_femmes=10, participants_jeunes=12,
            cout_total=1000, cout_cite=400, statut=statut, trimestre_debut=debut, trimestre_fin=fin, numero_rang=1,
            frein_manquant=False,
        )  # fmt: skip
        for field, column, text, code in (
            ("qpv_concernes", 7, "QP001001", "QP001001"),
            ("publics", 6, "Tous publics", "tous_publics"),
            ("cofinanceurs", 16, "CAF", "caf"),
        ):
            qpv = field == "qpv_concernes"
            insert(
                connection, "preparation.stg_elements", **common, feuille="Actions", ligne=line, tableau="actions",
                champ=field, colonne=column, rang=1, texte=text, code=code, connu=True,
                dans_cite=True if qpv else None, dans_couverts=True if qpv else None,
                generation="2015" if qpv else None, generation_attendue="2015" if qpv else None,
            )  # fmt: skip
    insert(
        connection, "preparation.stg_elements", **common, feuille="Identification", ligne=3, tableau="identification",
        champ="contrats_ville", colonne=2, rang=1, texte="CN00101I", code="CN00101I", connu=True, generation="2024",
        generation_attendue="2024",
    )  # fmt: skip

    nature = "flux" if millesime == "2024" else "cumul"
    for line, public, values in ((5, "ensemble", (100, 80)), (6, "jeunes", (50, 40))):
        raw("beneficiaires", line, [public, *map(str, values)], public)
        for column, indicateur, value, ensemble in (
            (2, "identifies", values[0], 100), (3, "accompagnes", values[1], 80)
        ):  # fmt: skip
            insert(
                connection, "preparation.ctl_beneficiaires", **common, feuille="Bénéficiaires", ligne=line,
                public=public, indicateur=indicateur, sexe="T", nature=nature, champ=indicateur, colonne=column,
                valeur=value,
                valeur_ensemble=None if public == "ensemble" else ensemble,
                valeur_identifies=values[0] if indicateur == "accompagnes" else None,
                valeur_precedente=value if nature == "cumul" else None, valeur_haute=value,
                trimestres_ecoules=1,
                touches_trimestre=20, participants_freins=60,
            )  # fmt: skip

    for line, question, number in ((4, "etp", 1.5), (5, "niveau_cooperation", 4.0)):
        raw("gouvernance", line, [question, str(number)], question)
        insert(
            connection, "preparation.stg_gouvernance", **common, feuille="Gouvernance", ligne=line, question=question,
            colonne=2, valeur_nombre=number,
        )  # fmt: skip
    raw("instances", 13, ["Comité de pilotage", "Stratégique"])
    insert(
        connection, "preparation.stg_instances", **common, feuille="Gouvernance", ligne=13, instance="Comité",
        reunions=2,
    )  # fmt: skip
    raw("partenaires", 5, ["CAF", "Oui"])
    insert(
        connection, "preparation.stg_partenaires", **common, feuille="Partenaires", ligne=5, partenaire="caf",
        partenaire_etat="saisi", associe="oui", satisfaction=3,
    )  # fmt: skip


def write_pactes(connection: psycopg.Connection[Any], receipt: int) -> None:
    """Write one faultless list of labelled pactes, of one line, prepared and not checked yet."""
    connection.execute(
        "insert into entrepot.recepisse (recepisse_id, empreinte, taille, nom_fichier, canal, recu_le, genre, format,"
        " verdict, verdict_le) overriding system value"
        " values (%s, %s, 1, 'pactes.csv', 'commande', now(), 'liste_pactes', 'csv', 'accepte', now())",
        [receipt, f"{receipt:064d}"],
    )
    insert(connection, "entrepot.traitement", recepisse_id=receipt, etape="preparation")
    insert(connection, "brut.feuille", recepisse_id=receipt, feuille=1, nom="pactes", masquee=False)
    insert(
        connection, "brut.tableau", recepisse_id=receipt, tableau="pactes_liste", feuille=1, ligne_entete=1,
        colonnes=json.dumps({"territoire": 1, "departement": 2, "contrat_ville": 3, "date_labellisation": 4}),
    )  # fmt: skip
    insert(
        connection, "brut.ligne", recepisse_id=receipt, feuille=1, ligne=2, tableau="pactes_liste", nature="donnee",
        cellules=["Ville fictive", "01", "CN00101I", "2025-01-15"],
    )  # fmt: skip
    insert(
        connection, "preparation.stg_pactes", recepisse_id=receipt, feuille="pactes", ligne=2,
        territoire_texte="Ville fictive", territoire_etat="saisi", departement="01", departement_texte="01",
        code_contrat="CN00101I", contrat_texte="CN00101I", date_labellisation=date(2025, 1, 15),
        date_labellisation_etat="saisi",
    )  # fmt: skip


# Columns of the ledger of corrections, in their order.
LEDGER = [
    "cite", "trimestre", "tableau", "repere", "champ", "ancienne_valeur", "nouvelle_valeur", "motif", "piece", "auteur",
    "date_decision",
]  # fmt: skip


def write_ledger(connection: psycopg.Connection[Any], receipt: int) -> None:
    """Write one faultless ledger of corrections, of one line, prepared and not checked yet."""
    connection.execute(
        "insert into entrepot.recepisse (recepisse_id, empreinte, taille, nom_fichier, canal, recu_le, genre, format,"
        " verdict, verdict_le) overriding system value"
        " values (%s, %s, 1, 'registre.csv', 'commande', now(), 'registre_corrections', 'csv', 'accepte', now())",
        [receipt, f"{receipt:064d}"],
    )
    insert(connection, "entrepot.traitement", recepisse_id=receipt, etape="preparation")
    insert(connection, "brut.feuille", recepisse_id=receipt, feuille=1, nom="registre", masquee=False)
    insert(
        connection, "brut.tableau", recepisse_id=receipt, tableau="registre_corrections", feuille=1, ligne_entete=1,
        colonnes=json.dumps({champ: rank for rank, champ in enumerate(LEDGER, start=1)}),
    )  # fmt: skip
    insert(
        connection, "brut.ligne", recepisse_id=receipt, feuille=1, ligne=2, tableau="registre_corrections",
        nature="donnee", cellules=["cde-001", "2023-T3", "Actions", "1", "Participants", "29", "30", *LEDGER[7:]],
    )  # fmt: skip
    insert(connection, "entrepot.correction", registre_id=receipt, ligne=2, identite=str(receipt), defauts=[])
    insert(
        connection, "preparation.stg_corrections", recepisse_id=receipt, feuille="registre", ligne=2, defauts=[],
        piece_absente=False,
    )  # fmt: skip


@pytest.fixture
def add_return(warehouse: Any) -> Callable[[int, str], None]:
    """Adds a faultless file to the warehouse: its receipt's number, then its vintage, `pactes` or `corrections`."""
    create_tables(warehouse.connection)

    def add(receipt: int, kind: str) -> None:
        if kind == "pactes":
            write_pactes(warehouse.connection, receipt)
        elif kind == "corrections":
            write_ledger(warehouse.connection, receipt)
        else:
            write_return(warehouse.connection, receipt, kind)

    return add


@pytest.fixture
def staged(warehouse: Any, add_return: Callable[[int, str], None]) -> Any:
    """A warehouse with a faultless return of each vintage, receipts 1 and 2, a list of pactes, 3, corrections, 4."""
    add_return(1, "2022")
    add_return(2, "2024")
    add_return(3, "pactes")
    add_return(4, "corrections")
    insert(
        warehouse.connection, "entrepot.correction_appliquee", recepisse_id=1, registre_id=4, registre_ligne=2,
        origine_id=1, tableau="actions",
    )  # fmt: skip
    warehouse.connection.commit()
    return warehouse
