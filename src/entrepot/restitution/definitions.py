"""Words of method that the page and the workbook both print."""

DEFINITIONS = {
    "Date de connaissance": (
        "Arrivée du dernier retour pris en compte. Un chiffre a toujours deux dates : le trimestre dont il parle, et"
        " le jour auquel il était connu. Un retour tardif ou corrigé change les chiffres de la parution suivante, "
        "jamais ceux d’une parution passée."
    ),
    "Répondants": (
        "Territoires dont un retour est accepté pour le trimestre, sur les 84 attendus. La somme des territoires "
        "n’est pas un décompte de quartiers, de communes ni de personnes distincts : 15 QPV et 21 communes relèvent "
        "de plusieurs cités."
    ),
    "Flux, cumul, stock": "Flux : pendant le trimestre. Cumul : depuis le 01/01/2022. Stock : situation à la date.",
    "Cinq états d’une valeur": (
        "Saisi (un nombre est donné) ; zéro (0 est donné) ; non renseigné (laissé vide, « n.d. », « - », « NC », ou "
        "valeur rejetée par un contrôle) ; non concerné (« sans objet ») ; masqué (secret statistique à la "
        "publication). Un vide ne devient jamais 0."
    ),
    "Cumul reporté": (
        "Lorsqu’un territoire ne répond pas, son dernier cumul connu est reporté dans le cumul national ; le nombre de "
        "territoires reportés est affiché à côté."
    ),
    "Cumul incomplet": (
        "Cumul d’un territoire auquel manque au moins un trimestre depuis le dernier cumul donné (ou depuis le premier "
        "trimestre) ; les cumuls reportés en sont."
    ),
    "Flux couvrant plusieurs trimestres": (
        "Lorsqu’un retour manque en 2022 ou 2023, le flux déduit des deux cumuls qui l’encadrent couvre plusieurs "
        "trimestres ; il est compté au dernier et signalé. Un cumul corrigé à la baisse donne un flux négatif, signalé."
    ),
    "Dénominateur": (
        "Toute part est rapportée aux réponses exploitables, jamais aux 84 territoires par défaut ; le nombre de "
        "réponses est toujours affiché."
    ),
    "Petits effectifs": (
        "Les effectifs de 1 à 4 personnes s’écrivent « < 5 » (loi n° 51-711) ; zéro reste affiché. Aucun effectif de "
        "personnes n’est donné par territoire."
    ),
    "Sources d’un chiffre": (
        "Chaque chiffre souligné de points ouvre la liste des territoires, feuilles et cases dont il est fait, et la "
        "commande qui en donne la liste entière, avec ce qui a été saisi. Les fichiers reçus sont nommés à la fin de "
        "cette partie. Dans le classeur joint, la feuille « Chemins des chiffres » donne le chemin de chaque chiffre."
    ),
    "n.d.": "Non disponible ; la raison est donnée sous le tableau.",
}
