{{ config(materialized='table', post_hook='analyze {{ this }}') }}

-- The release these marts belong to. Going back to another is changing this one row.
select
    parution_id,
    coalesce(arretee_le, commencee_le) as arrete_le
from {{ source('entrepot', 'parution') }}
where statut = 'en_cours'
