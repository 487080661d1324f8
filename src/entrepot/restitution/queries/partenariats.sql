select
    bilan.*
from marts.bilan_partenariats as bilan
where
    bilan.campagne = (
        select campagne
        from marts.dim_trimestre
        where trimestre <= %(trimestre)s and campagne is not null
        order by trimestre desc
        limit 1
    )
order by bilan.part_associes desc nulls last, bilan.libelle
