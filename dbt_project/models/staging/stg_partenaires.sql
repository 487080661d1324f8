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
    where ligne.tableau = 'partenaires' and ligne.nature = 'donnee'
),

cellules as (
    select
        cellules.recepisse_id,
        cellules.ligne,
        {{ champ('partenaire', 'valeur_code') }},
        {{ champ('associe', 'valeur_code') }},
        {{ champ('cofinanceur', 'valeur_code') }},
        {{ champ('satisfaction', 'valeur_code', 'smallint') }},
        {{ champ('commentaire', 'valeur_texte') }}
    from {{ ref('stg_cellules') }} as cellules
    inner join {{ ref('stg_recepisses') }} as lot on cellules.recepisse_id = lot.recepisse_id
    where cellules.tableau = 'partenaires'
    group by cellules.recepisse_id, cellules.ligne
)

select
    lignes.recepisse_id,
    lignes.territoire_id,
    lignes.trimestre,
    lignes.millesime,
    lignes.feuille,
    lignes.ligne,
    cellules.partenaire,
    coalesce(cellules.partenaire_etat, 'non_renseigne') as partenaire_etat,
    cellules.associe,
    coalesce(cellules.associe_etat, 'non_renseigne') as associe_etat,
    cellules.cofinanceur,
    coalesce(cellules.cofinanceur_etat, 'non_renseigne') as cofinanceur_etat,
    cellules.satisfaction,
    coalesce(cellules.satisfaction_etat, 'non_renseigne') as satisfaction_etat,
    cellules.commentaire,
    coalesce(cellules.commentaire_etat, 'non_renseigne') as commentaire_etat
from lignes
left join cellules on lignes.recepisse_id = cellules.recepisse_id and lignes.ligne = cellules.ligne
