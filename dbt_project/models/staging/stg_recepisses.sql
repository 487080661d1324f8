{{ config(materialized='table', indexes=[{'columns': ['recepisse_id'], 'unique': true}]) }}

-- The batch: every staging model works on these receipts and no other, so that a receipt accepted while a build runs
-- waits for the next one.
select
    recepisse.recepisse_id,
    recepisse.genre,
    recepisse.territoire_id,
    recepisse.trimestre,
    recepisse.millesime
from {{ source('entrepot', 'recepisse') }} as recepisse
inner join {{ source('entrepot', 'lot_preparation') }} as lot on recepisse.recepisse_id = lot.recepisse_id
