-- Receipts known at the instant: accepted ones once their cells are checked, and rejected ones.
select
    recepisse.recepisse_id,
    recepisse.nom_fichier,
    recepisse.genre,
    recepisse.verdict,
    recepisse.territoire_id,
    recepisse.trimestre,
    recepisse.millesime,
    recepisse.recu_le,
    connaissance.connu_le,
    recepisse.canal = 'correction' as derive,
    coalesce(
        vigueur.connu_du <= (select instants.instant from {{ ref('instant') }} as instants)
        and vigueur.connu_au > (select instants.instant from {{ ref('instant') }} as instants)
        and vigueur.genre = 'retour',
        false
    ) as en_vigueur
from {{ source('entrepot', 'connaissance') }} as connaissance
inner join {{ source('entrepot', 'recepisse') }} as recepisse on connaissance.recepisse_id = recepisse.recepisse_id
left join {{ source('entrepot', 'vigueur') }} as vigueur on connaissance.recepisse_id = vigueur.recepisse_id
where connaissance.connu_le <= (select instants.instant from {{ ref('instant') }} as instants)
