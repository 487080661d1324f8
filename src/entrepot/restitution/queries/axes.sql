select
    trimestre,
    niveau,
    code,
    axe,
    indicateur,
    valeur_trimestre,
    nb_valeurs,
    valeur_cumul,
    nb_repondants,
    nb_attendus
from marts.bilan_axes
where trimestre = %(trimestre)s and niveau = 'france'
order by array_position(%(axes)s::text[], axe), array_position(%(indicateurs_axes)s::text[], indicateur)
