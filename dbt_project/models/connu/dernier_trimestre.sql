-- The last quarter shown at the instant: the last that has a return in force.
select max(en_vigueur.trimestre) as trimestre
from {{ ref('int_en_vigueur') }} as en_vigueur
-- Not looked for among the quarters that were not shown yet.
where
    en_vigueur.trimestre <= (
        select max(ouvertures.trimestre)
        from {{ ref('int_ouvertures') }} as ouvertures
        where ouvertures.ouvert_le <= (select instants.instant from {{ ref('instant') }} as instants)
    )
