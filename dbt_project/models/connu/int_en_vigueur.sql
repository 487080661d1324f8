-- Returns in force at the instant.
select
    recepisse_id,
    territoire_id,
    trimestre,
    connu_du
from {{ source('entrepot', 'vigueur') }}
where
    connu_du <= (select instants.instant from {{ ref('instant') }} as instants)
    and connu_au > (select instants.instant from {{ ref('instant') }} as instants)
    and genre = 'retour'
