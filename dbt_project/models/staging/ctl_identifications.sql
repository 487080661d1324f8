{{ config(materialized='view') }}

select
    identifications.*,
    trimestres.date_debut as trimestre_debut,
    territoires.nom as nom_officiel,
    precedent.arrete_au as date_arrete_precedente,
    jumeau.trimestre as jumeau_trimestre
from {{ ref('stg_identifications') }} as identifications
inner join {{ source('entrepot', 'recepisse') }} as recepisse
    on identifications.recepisse_id = recepisse.recepisse_id
inner join {{ ref('ref_trimestres') }} as trimestres on identifications.trimestre = trimestres.trimestre
inner join {{ ref('ref_territoires') }} as territoires on identifications.territoire_id = territoires.territoire_id
left join lateral (
    select anterieure.arrete_au
    from {{ ref('stg_identifications') }} as anterieure
    inner join {{ source('entrepot', 'recepisse') }} as recepisse_anterieur
        on anterieure.recepisse_id = recepisse_anterieur.recepisse_id
    where
        anterieure.territoire_id = identifications.territoire_id
        and anterieure.trimestre = identifications.trimestre
        and (recepisse_anterieur.recu_le, recepisse_anterieur.recepisse_id)
        < (recepisse.recu_le, recepisse.recepisse_id)
        and {{ enregistre_avant('recepisse_anterieur', 'recepisse') }}
    order by recepisse_anterieur.recu_le desc, recepisse_anterieur.recepisse_id desc
    limit 1
) as precedent on true
left join lateral (
    select max(anterieure.trimestre) as trimestre
    from {{ ref('stg_identifications') }} as anterieure
    inner join {{ source('entrepot', 'recepisse') }} as recepisse_anterieur
        on anterieure.recepisse_id = recepisse_anterieur.recepisse_id
    where
        {{ enregistre_avant('recepisse_anterieur', 'recepisse') }}
        and anterieure.territoire_id = identifications.territoire_id
        and anterieure.trimestre <> identifications.trimestre
        and anterieure.empreinte_donnees = identifications.empreinte_donnees
) as jumeau on true
