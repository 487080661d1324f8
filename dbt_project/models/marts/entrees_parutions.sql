{{ config(materialized='view') }}

-- Each receipt, the release that was the first to know it, and what it brought: a first return (in time or late),
-- another version of a return, a correction or a withdrawal by the ANCT, a list of pactes, a rejected file.
select
    connaissance.parution_id,
    recepisses.recepisse_id,
    recepisses.connu_le,
    recepisses.recu_le,
    recepisses.nom_fichier,
    recepisses.territoire_id,
    recepisses.trimestre,
    case
        when recepisses.verdict = 'rejete' then 'rejet'
        when recepisses.genre = 'retrait' then 'retrait'
        when recepisses.genre <> 'retour' then recepisses.genre
        when vigueur.connu_du >= vigueur.connu_au then 'sans_effet'
        when recepisses.derive then 'correction_anct'
        when precedents.recepisse_id is not null then 'correction'
        when (recepisses.recu_le at time zone 'Europe/Paris')::date > trimestres.echeance then 'retour_tardif'
        else 'retour_attendu'
    end as cause,
    precedents.recepisse_id as remplace_id
from {{ ref('int_recepisses') }} as recepisses
inner join {{ source('entrepot', 'connaissance') }} as connaissance
    on recepisses.recepisse_id = connaissance.recepisse_id
left join {{ source('entrepot', 'vigueur') }} as vigueur on recepisses.recepisse_id = vigueur.recepisse_id
left join {{ ref('con_trimestres') }} as trimestres on recepisses.trimestre = trimestres.trimestre
left join {{ source('entrepot', 'vigueur') }} as precedents
    on
        vigueur.territoire_id = precedents.territoire_id
        and vigueur.trimestre = precedents.trimestre
        and vigueur.connu_du = precedents.connu_au
        and precedents.connu_du < precedents.connu_au
        and precedents.genre = 'retour'
