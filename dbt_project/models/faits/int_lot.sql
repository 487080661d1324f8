{{ config(materialized='table', indexes=[{'columns': ['recepisse_id'], 'unique': true}]) }}

-- Checked receipts whose facts are not computed yet: all of them in a new room.
select
    recepisse.recepisse_id,
    recepisse.genre,
    recepisse.territoire_id,
    recepisse.trimestre,
    recepisse.millesime
from {{ source('entrepot', 'recepisse') }} as recepisse
inner join {{ source('entrepot', 'traitement') }} as controle
    on recepisse.recepisse_id = controle.recepisse_id and controle.etape = 'controle'
left join {{ source('entrepot', 'traitement') }} as faits
    on recepisse.recepisse_id = faits.recepisse_id and faits.etape = 'faits'
where recepisse.verdict = 'accepte' and faits.recepisse_id is null
