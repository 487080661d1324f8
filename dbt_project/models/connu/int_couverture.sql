-- Denominators of every summary: territories that answered a quarter, of those that owed a return.
select
    perimetres.niveau,
    perimetres.code,
    perimetres.libelle,
    trimestres.trimestre,
    trimestres.arrete_le,
    count(recepisses.recepisse_id)::integer as nb_repondants,
    count(*)::integer as nb_attendus
from {{ ref('int_perimetres') }} as perimetres
cross join {{ ref('int_trimestres') }} as trimestres
left join {{ ref('int_en_vigueur') }} as recepisses
    on
        perimetres.territoire_id = recepisses.territoire_id
        and trimestres.trimestre = recepisses.trimestre
where trimestres.ouvert
group by
    perimetres.niveau,
    perimetres.code,
    perimetres.libelle,
    trimestres.trimestre,
    trimestres.arrete_le
