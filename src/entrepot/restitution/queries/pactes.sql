select
    indicateur,
    libelle,
    valeur,
    objectif,
    denominateur,
    part
from marts.bilan_pactes
order by indicateur
