select
    trimestre,
    question,
    min(modalite) as modalite,
    moyenne,
    denominateur,
    nb_repondants,
    nb_attendus
from marts.bilan_gouvernance
where trimestre = %(trimestre)s and niveau = 'france' and moyenne is not null
group by trimestre, question, moyenne, denominateur, nb_repondants, nb_attendus
order by array_position(%(questions)s::text[], question)
