-- Quarters, and which of them a release shows: from the first to the last that has a return in force.
with

arrete as (
    select
        max(recu_le) filter (where verdict = 'accepte') as arrete_le,
        max(trimestre) filter (where en_vigueur) as dernier_trimestre
    from {{ ref('int_recepisses') }}
)

select
    trimestres.trimestre,
    trimestres.annee,
    trimestres.numero,
    trimestres.date_debut,
    trimestres.date_fin,
    trimestres.millesime,
    trimestres.campagne,
    trimestres.echeance,
    (row_number() over (order by trimestres.trimestre))::integer as rang,
    coalesce(trimestres.trimestre <= arrete.dernier_trimestre, false) as ouvert,
    arrete.arrete_le
from {{ ref('ref_trimestres') }} as trimestres
cross join arrete
