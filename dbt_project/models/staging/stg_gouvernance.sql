{{ config(indexes=[{'columns': ['recepisse_id']}]) }}

-- One row per answer, given or not.
select
    lot.recepisse_id,
    lot.territoire_id,
    lot.trimestre,
    lot.millesime,
    feuille.nom as feuille,
    ligne.ligne,
    champ.champ as question,
    (tableau.colonnes ->> champ.champ)::integer as colonne,
    champ.liste,
    cellules.valeur_code,
    cellules.valeur_nombre,
    cellules.valeur_date,
    coalesce(cellules.etat, 'non_renseigne') as valeur_etat
from {{ ref('stg_recepisses') }} as lot
inner join {{ source('brut', 'tableau') }} as tableau
    on lot.recepisse_id = tableau.recepisse_id and tableau.tableau = 'gouvernance'
inner join {{ source('brut', 'feuille') }} as feuille
    on tableau.recepisse_id = feuille.recepisse_id and tableau.feuille = feuille.feuille
inner join {{ source('brut', 'ligne') }} as ligne
    on
        tableau.recepisse_id = ligne.recepisse_id
        and tableau.feuille = ligne.feuille
        and ligne.tableau = 'gouvernance'
        and ligne.nature = 'donnee'
inner join {{ source('entrepot', 'champ_gabarit') }} as champ
    on
        lot.millesime = champ.millesime
        and champ.tableau = 'gouvernance'
        and ligne.repere = champ.champ
left join {{ ref('stg_cellules') }} as cellules
    on
        ligne.recepisse_id = cellules.recepisse_id
        and cellules.tableau = 'gouvernance'
        and ligne.ligne = cellules.ligne
