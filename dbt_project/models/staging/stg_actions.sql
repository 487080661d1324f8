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
    where ligne.tableau = 'actions' and ligne.nature = 'donnee'
),

cellules as (
    select
        cellules.recepisse_id,
        cellules.ligne,
        {{ champ('numero', 'valeur_nombre', 'bigint') }},
        {{ champ('axe', 'valeur_code') }},
        {{ champ('type_action', 'valeur_code') }},
        {{ champ('intitule', 'valeur_texte') }},
        {{ champ('frein', 'valeur_code') }},
        {{ champ('date_debut', 'valeur_date') }},
        {{ champ('date_fin', 'valeur_date') }},
        {{ champ('occurrences', 'valeur_nombre', 'bigint') }},
        {{ champ('participants', 'valeur_nombre', 'bigint') }},
        {{ champ('participants_femmes', 'valeur_nombre', 'bigint') }},
        {{ champ('participants_jeunes', 'valeur_nombre', 'bigint') }},
        {{ champ('cout_total', 'valeur_nombre') }},
        {{ champ('cout_cite', 'valeur_nombre') }},
        {{ champ('statut', 'valeur_code') }},
        {{ etat_liste('publics') }},
        {{ etat_liste('qpv_concernes') }},
        {{ etat_liste('cofinanceurs') }}
    from {{ ref('stg_cellules') }} as cellules
    inner join {{ ref('stg_recepisses') }} as lot on cellules.recepisse_id = lot.recepisse_id
    where cellules.tableau = 'actions'
    group by cellules.recepisse_id, cellules.ligne
),

listes as (
    select
        elements.recepisse_id,
        elements.ligne,
        elements.champ,
        array_agg(distinct elements.code) as codes
    from {{ ref('stg_elements') }} as elements
    inner join {{ ref('stg_recepisses') }} as lot on elements.recepisse_id = lot.recepisse_id
    where elements.tableau = 'actions' and elements.connu
    group by elements.recepisse_id, elements.ligne, elements.champ
)

select
    lignes.recepisse_id,
    lignes.territoire_id,
    lignes.trimestre,
    lignes.millesime,
    lignes.feuille,
    lignes.ligne,
    cellules.numero,
    coalesce(cellules.numero_etat, 'non_renseigne') as numero_etat,
    cellules.axe,
    coalesce(cellules.axe_etat, 'non_renseigne') as axe_etat,
    cellules.type_action,
    coalesce(cellules.type_action_etat, 'non_renseigne') as type_action_etat,
    types_action.axe as type_action_axe,
    cellules.intitule,
    coalesce(cellules.intitule_etat, 'non_renseigne') as intitule_etat,
    cellules.frein,
    coalesce(cellules.frein_etat, 'non_renseigne') as frein_etat,
    publics.codes as publics,
    {{ etat_elements('publics') }} as publics_etat,
    qpv_concernes.codes as qpv_concernes,
    {{ etat_elements('qpv_concernes') }} as qpv_concernes_etat,
    cellules.date_debut,
    coalesce(cellules.date_debut_etat, 'non_renseigne') as date_debut_etat,
    cellules.date_fin,
    coalesce(cellules.date_fin_etat, 'non_renseigne') as date_fin_etat,
    cellules.occurrences,
    coalesce(cellules.occurrences_etat, 'non_renseigne') as occurrences_etat,
    cellules.participants,
    coalesce(cellules.participants_etat, 'non_renseigne') as participants_etat,
    cellules.participants_femmes,
    coalesce(cellules.participants_femmes_etat, 'non_renseigne') as participants_femmes_etat,
    cellules.participants_jeunes,
    coalesce(cellules.participants_jeunes_etat, 'non_renseigne') as participants_jeunes_etat,
    cellules.cout_total,
    coalesce(cellules.cout_total_etat, 'non_renseigne') as cout_total_etat,
    cellules.cout_cite,
    coalesce(cellules.cout_cite_etat, 'non_renseigne') as cout_cite_etat,
    cofinanceurs.codes as cofinanceurs,
    {{ etat_elements('cofinanceurs') }} as cofinanceurs_etat,
    cellules.statut,
    coalesce(cellules.statut_etat, 'non_renseigne') as statut_etat
from lignes
left join cellules on lignes.recepisse_id = cellules.recepisse_id and lignes.ligne = cellules.ligne
left join listes as publics
    on lignes.recepisse_id = publics.recepisse_id and lignes.ligne = publics.ligne and publics.champ = 'publics'
left join listes as qpv_concernes
    on
        lignes.recepisse_id = qpv_concernes.recepisse_id
        and lignes.ligne = qpv_concernes.ligne
        and qpv_concernes.champ = 'qpv_concernes'
left join listes as cofinanceurs
    on
        lignes.recepisse_id = cofinanceurs.recepisse_id
        and lignes.ligne = cofinanceurs.ligne
        and cofinanceurs.champ = 'cofinanceurs'
left join {{ ref('ref_modalites') }} as types_action
    on types_action.liste = 'types_action' and cellules.type_action = types_action.code
