select
    indicateur,
    libelle,
    valeur,
    objectif,
    denominateur,
    part
from marts.bilan_pactes
order by array_position(%(indicateurs_pactes)s::text[], indicateur)
