{{ config(indexes=[{'columns': ['recepisse_id']}, {'columns': ['trimestre', 'territoire_id']}]) }}

-- Answers on governance of every accepted return, rejected cells taken out; a question asked twice counts once.
select distinct on (lues.recepisse_id, lues.question)
    lues.recepisse_id,
    lues.territoire_id,
    lues.trimestre,
    lues.question,
    champ.libelle as libelle_question,
    lues.liste,
    case when lues.question = any(rejets.champs) then null else lues.valeur_code end as valeur_code,
    case when lues.question = any(rejets.champs) then null else lues.valeur_nombre end as valeur_nombre,
    case when lues.question = any(rejets.champs) then null else lues.valeur_date end as valeur_date,
    {{ etat_accepte('lues.question', 'lues.valeur_etat') }} as etat,
    lues.ligne,
    lues.colonne
from {{ ref('stg_gouvernance') }} as lues
inner join {{ ref('int_lot') }} as lot on lues.recepisse_id = lot.recepisse_id
inner join {{ source('entrepot', 'champ_gabarit') }} as champ
    on
        lues.millesime = champ.millesime
        and champ.tableau = 'gouvernance'
        and lues.question = champ.champ
left join {{ ref('int_rejets') }} as rejets
    on lues.recepisse_id = rejets.recepisse_id and rejets.tableau = 'gouvernance' and lues.ligne = rejets.ligne
order by lues.recepisse_id, lues.question, lues.ligne
