-- Quarters, and which of them are shown: from the first to the last that has a return in force.
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
    coalesce(
        trimestres.trimestre <= (select derniers.trimestre from {{ ref('dernier_trimestre') }} as derniers),
        false
    ) as ouvert,
    {{ arrete_le() }} as arrete_le
from {{ ref('con_trimestres') }} as trimestres
