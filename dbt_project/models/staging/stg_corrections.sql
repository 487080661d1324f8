{{ config(indexes=[{'columns': ['recepisse_id']}]) }}

-- Lines of the ledgers of corrections, understood when they were applied, before staging.
select
    lot.recepisse_id,
    feuille.nom as feuille,
    correction.ligne,
    correction.defauts,
    ligne.cellules[(tableau.colonnes ->> 'piece')::integer] is null as piece_absente
from {{ ref('stg_recepisses') }} as lot
inner join {{ source('entrepot', 'correction') }} as correction on lot.recepisse_id = correction.registre_id
inner join {{ source('brut', 'tableau') }} as tableau on lot.recepisse_id = tableau.recepisse_id
inner join {{ source('brut', 'feuille') }} as feuille
    on tableau.recepisse_id = feuille.recepisse_id and tableau.feuille = feuille.feuille
inner join {{ source('brut', 'ligne') }} as ligne
    on
        tableau.recepisse_id = ligne.recepisse_id
        and tableau.feuille = ligne.feuille
        and correction.ligne = ligne.ligne
