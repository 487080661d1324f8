{{ config(indexes=[{'columns': ['recepisse_id']}]) }}

with

lignes as (
    select
        lot.recepisse_id,
        lot.territoire_id,
        lot.trimestre,
        lot.millesime,
        feuille.nom as feuille,
        ligne.ligne
    from {{ ref('stg_recepisses') }} as lot
    inner join {{ source('brut', 'ligne') }} as ligne on lot.recepisse_id = ligne.recepisse_id
    inner join {{ source('brut', 'feuille') }} as feuille
        on ligne.recepisse_id = feuille.recepisse_id and ligne.feuille = feuille.feuille
    where ligne.tableau = 'instances' and ligne.nature = 'donnee'
),

cellules as (
    select
        cellules.recepisse_id,
        cellules.ligne,
        {{ champ('instance', 'valeur_texte') }},
        {{ champ('niveau', 'valeur_code') }},
        {{ champ('presidence', 'valeur_texte') }},
        {{ champ('adossee', 'valeur_code') }},
        {{ champ('reunions', 'valeur_nombre', 'bigint') }}
    from {{ ref('stg_cellules') }} as cellules
    inner join {{ ref('stg_recepisses') }} as lot on cellules.recepisse_id = lot.recepisse_id
    where cellules.tableau = 'instances'
    group by cellules.recepisse_id, cellules.ligne
)

select
    lignes.recepisse_id,
    lignes.territoire_id,
    lignes.trimestre,
    lignes.millesime,
    lignes.feuille,
    lignes.ligne,
    cellules.instance,
    coalesce(cellules.instance_etat, 'non_renseigne') as instance_etat,
    cellules.niveau,
    coalesce(cellules.niveau_etat, 'non_renseigne') as niveau_etat,
    cellules.presidence,
    coalesce(cellules.presidence_etat, 'non_renseigne') as presidence_etat,
    cellules.adossee,
    coalesce(cellules.adossee_etat, 'non_renseigne') as adossee_etat,
    cellules.reunions,
    coalesce(cellules.reunions_etat, 'non_renseigne') as reunions_etat
from lignes
left join cellules on lignes.recepisse_id = cellules.recepisse_id and lignes.ligne = cellules.ligne
