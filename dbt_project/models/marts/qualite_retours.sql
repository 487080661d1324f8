{{ config(materialized='view') }}

-- What each territory sent for each quarter shown, and what the rules found there: in the return in force, and in all
-- its files as they follow one another (suivi_constats).
with

suivis as (
    select
        constats.territoire_id,
        constats.trimestre,
        count(*) filter (where constats.severite = 'structure') as nb_structure,
        count(*) filter (where constats.etat = 'ouvert') as nb_ouverts,
        count(*) filter (where constats.etat in ('justifie', 'conteste')) as nb_repondus,
        count(*) filter (where constats.etat = 'corrige') as nb_corriges,
        count(*) filter (where constats.etat = 'leve') as nb_leves
    from {{ ref('suivi_constats') }} as constats
    where constats.territoire_id is not null and constats.trimestre is not null
    group by constats.territoire_id, constats.trimestre
),

-- A cell with two findings is one cell; a finding on no cell marks none.
marquees as (
    select
        cases.recepisse_id,
        count(*) as nombre
    from (
        select distinct
            trouves.recepisse_id,
            trouves.tableau,
            trouves.ligne,
            trouves.colonne
        from {{ source('entrepot', 'constat') }} as trouves
        inner join {{ ref('int_en_vigueur') }} as retours on trouves.recepisse_id = retours.recepisse_id
        where trouves.ligne is not null and trouves.colonne is not null and trouves.valeur is not null
    ) as cases
    group by cases.recepisse_id
),

retours as (
    select
        retours.territoire_id,
        retours.nom,
        retours.region,
        retours.trimestre,
        retours.etat,
        retours.recepisse_id,
        retours.nb_recepisses as nb_fichiers,
        retours.nb_rejetes,
        coalesce(suivis.nb_structure, 0) as nb_structure,
        case when retours.recepisse_id is not null then retours.constats_valeur end as nb_valeur,
        case when retours.recepisse_id is not null then retours.constats_suspicion end as nb_suspicion,
        coalesce(suivis.nb_ouverts, 0) as nb_ouverts,
        coalesce(suivis.nb_repondus, 0) as nb_repondus,
        coalesce(suivis.nb_corriges, 0) as nb_corriges,
        coalesce(suivis.nb_leves, 0) as nb_leves,
        controles.cellules as nb_cellules,
        case
            when controles.cellules > 0
                then greatest(0, 1 - coalesce(marquees.nombre, 0)::numeric / controles.cellules)
        end as part_sans_constat
    from {{ ref('suivi_retours') }} as retours
    inner join {{ ref('int_trimestres') }} as trimestres on retours.trimestre = trimestres.trimestre
    left join suivis on retours.territoire_id = suivis.territoire_id and retours.trimestre = suivis.trimestre
    left join {{ source('entrepot', 'retour_controle') }} as controles on retours.recepisse_id = controles.recepisse_id
    left join marquees on retours.recepisse_id = marquees.recepisse_id
    where trimestres.ouvert
)

select
    retours.territoire_id,
    retours.nom,
    retours.region,
    retours.trimestre,
    retours.etat,
    retours.recepisse_id,
    retours.nb_fichiers,
    retours.nb_rejetes,
    retours.nb_structure,
    retours.nb_valeur,
    retours.nb_suspicion,
    retours.nb_ouverts,
    retours.nb_repondus,
    retours.nb_corriges,
    retours.nb_leves,
    retours.nb_cellules,
    round(retours.part_sans_constat, 6) as part_sans_constat,
    lag(retours.nb_valeur + retours.nb_suspicion) over suite as nb_constats_precedent,
    retours.nb_valeur + retours.nb_suspicion - lag(retours.nb_valeur + retours.nb_suspicion) over suite as evolution,
    (select arretes.arrete_le from (select {{ arrete_le() }} as arrete_le) as arretes) as arrete_le
from retours
window suite as (partition by retours.territoire_id order by retours.trimestre)
