select
    indicateur,
    libelle,
    publie_le_texte,
    valeur_publiee,
    unite,
    compare_a,
    connu_le,
    valeur_calculee,
    valeur_arrondie,
    accord,
    denominateur,
    definition,
    source
from marts.controle_chiffres_publies
order by compare_a, libelle
