{{ config(indexes=[
    {'columns': ['recepisse_id']},
    {'columns': ['territoire_id', 'public', 'indicateur', 'sexe', 'trimestre']}
]) }}

-- One row per cell of the cross table, filled or not.
select
    lot.recepisse_id,
    lot.territoire_id,
    lot.trimestre,
    lot.millesime,
    feuille.nom as feuille,
    ligne.ligne,
    ligne.repere as public,
    champ.indicateur,
    champ.sexe,
    champ.nature,
    champ.champ,
    (tableau.colonnes ->> champ.champ)::integer as colonne,
    cellules.valeur_nombre::bigint as valeur,
    coalesce(cellules.etat, 'non_renseigne') as valeur_etat
from {{ ref('stg_recepisses') }} as lot
inner join {{ source('brut', 'tableau') }} as tableau
    on lot.recepisse_id = tableau.recepisse_id and tableau.tableau = 'beneficiaires'
inner join {{ source('brut', 'feuille') }} as feuille
    on tableau.recepisse_id = feuille.recepisse_id and tableau.feuille = feuille.feuille
inner join {{ source('brut', 'ligne') }} as ligne
    on
        tableau.recepisse_id = ligne.recepisse_id
        and tableau.feuille = ligne.feuille
        and ligne.tableau = 'beneficiaires'
        and ligne.nature = 'donnee'
inner join {{ source('entrepot', 'champ_gabarit') }} as champ
    on
        lot.millesime = champ.millesime
        and champ.tableau = 'beneficiaires'
        and champ.indicateur is not null
left join {{ ref('stg_cellules') }} as cellules
    on
        ligne.recepisse_id = cellules.recepisse_id
        and cellules.tableau = 'beneficiaires'
        and ligne.ligne = cellules.ligne
        and champ.champ = cellules.champ
where ligne.repere is not null
