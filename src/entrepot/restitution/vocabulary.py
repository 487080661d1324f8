"""Words a reader sees for the codes of the marts, in the order in which they are shown."""

AXES = {
    "recenser_federer": "1. Recenser et fédérer",
    "aller_vers": "2. Aller-vers et raccrocher",
    "innover": "3. Innover",
}
AXIS_INDICATORS = {
    "actions": "Actions",
    "occurrences": "Occurrences (réunions, séances, événements)",
    "actions_frein": "Actions visant un frein à l’emploi",
    "participants": "Participations",
    "cout_cite": "Crédits Cité engagés",
}
BENEFICIARY_INDICATORS = {
    "identifies": "Identifiés",
    "accompagnes": "Accompagnés",
    "touches_frein": "Touchés par une action sur un frein",
    "entres_formation": "Entrés en formation",
    "acces_emploi": "Accès à l’emploi",
    "creation_activite": "Création d’activité",
    "sorties_positives": "Sorties positives",
}
QUESTIONS = {
    "animateur_volet_emploi": "Animateur du volet emploi du contrat de ville",
    "niveau_cooperation": "Niveau de coopération atteint (1 à 5)",
    "copilotage_equilibre": "Copilotage équilibré",
    "service_copilote": "Service de l’État copilote",
    "collectivite_copilote": "Collectivité copilote",
    "articulation_cte": "Articulation avec le comité territorial pour l’emploi",
    "etp": "ETP d’ingénierie dédiés",
}
ANSWERS = (
    *("oui", "partiellement", "en_cours", "en_projet", "non"),
    *("prefecture", "ddets", "dreets", "epci", "commune", "departement", "autre"),
    *("1", "2", "3", "4", "5"),
)
"""Order of the answers to closed questions; their words come from the marts."""
PACTE_INDICATORS = ("labellises", "cites_relayees", "labellises_hors_cites_2025", "qpv_couverts")
"""Order of the goals; their words come from the marts."""
BODY_LEVELS = {"strategique": "Stratégique", "suivi": "Suivi", "technique": "Technique"}
RETURN_STATES = {
    "rejete": "Reçu, rejeté (à renvoyer)",
    "en_retard": "Non reçu, échéance dépassée",
    "attendu": "Attendu, échéance à venir",
    "dispense": "Dispensé de retour",
}
DERIVED, DECLARED = "Déduit", "Déclaré"
