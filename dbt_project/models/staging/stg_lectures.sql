{{ config(indexes=[{'columns': ['recepisse_id']}]) }}

-- Only the readings worth a finding. The items of a list speak for themselves, their cell for the rest.
select
    cellules.recepisse_id,
    cellules.territoire_id,
    cellules.trimestre,
    cellules.millesime,
    cellules.feuille,
    cellules.ligne,
    cellules.tableau,
    cellules.champ,
    cellules.colonne,
    cellules.texte,
    lecture.lecture,
    cellules.type
from {{ ref('stg_cellules') }} as cellules
inner join {{ ref('stg_recepisses') }} as lot on cellules.recepisse_id = lot.recepisse_id
cross join lateral unnest(cellules.lectures) as lecture (lecture)
union all
select
    elements.recepisse_id,
    elements.territoire_id,
    elements.trimestre,
    elements.millesime,
    elements.feuille,
    elements.ligne,
    elements.tableau,
    elements.champ,
    elements.colonne,
    elements.texte,
    lecture.lecture,
    elements.type
from {{ ref('stg_elements') }} as elements
inner join {{ ref('stg_recepisses') }} as lot on elements.recepisse_id = lot.recepisse_id
cross join lateral unnest(elements.lectures) as lecture (lecture)
