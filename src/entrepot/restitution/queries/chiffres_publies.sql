select
    libelle,
    publie_le,
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
order by publie_le, libelle
