{{ config(materialized='view') }}

-- The earlier cumul is that of the return in force when this one arrived: a check gives the same answer whenever it
-- runs. A cumul that its own return contradicts is rejected there (rules BEN-01 and BEN-02): it is no comparison.
select
    beneficiaires.*,
    ensemble.valeur as valeur_ensemble,
    identifies.valeur as valeur_identifies,
    precedente.valeur as valeur_precedente
from {{ ref('stg_beneficiaires') }} as beneficiaires
inner join {{ source('entrepot', 'recepisse') }} as recepisse
    on beneficiaires.recepisse_id = recepisse.recepisse_id
left join {{ ref('stg_beneficiaires') }} as ensemble
    on
        beneficiaires.recepisse_id = ensemble.recepisse_id
        and beneficiaires.indicateur = ensemble.indicateur
        and beneficiaires.sexe = ensemble.sexe
        and ensemble.public = 'ensemble'
        and beneficiaires.public <> 'ensemble'
left join {{ ref('stg_beneficiaires') }} as identifies
    on
        beneficiaires.recepisse_id = identifies.recepisse_id
        and beneficiaires.ligne = identifies.ligne
        and beneficiaires.sexe = identifies.sexe
        and identifies.indicateur = 'identifies'
        and beneficiaires.indicateur = 'accompagnes'
left join lateral (
    select anterieure.valeur
    from {{ ref('stg_beneficiaires') }} as anterieure
    inner join {{ source('entrepot', 'recepisse') }} as recepisse_anterieur
        on anterieure.recepisse_id = recepisse_anterieur.recepisse_id
    where
        beneficiaires.nature = 'cumul'
        and anterieure.nature = 'cumul'
        and anterieure.territoire_id = beneficiaires.territoire_id
        and anterieure.public = beneficiaires.public
        and anterieure.indicateur = beneficiaires.indicateur
        and anterieure.sexe = beneficiaires.sexe
        and anterieure.trimestre < beneficiaires.trimestre
        and anterieure.valeur is not null
        and (recepisse_anterieur.recu_le, recepisse_anterieur.recepisse_id)
        < (recepisse.recu_le, recepisse.recepisse_id)
        and {{ enregistre_avant('recepisse_anterieur', 'recepisse') }}
        and not exists (
            select
            from {{ ref('stg_beneficiaires') }} as contraire
            where
                contraire.recepisse_id = anterieure.recepisse_id
                and contraire.sexe = anterieure.sexe
                and contraire.valeur < anterieure.valeur
                and (
                    contraire.public = 'ensemble' and contraire.indicateur = anterieure.indicateur
                    or contraire.ligne = anterieure.ligne
                    and contraire.indicateur = 'identifies'
                    and anterieure.indicateur = 'accompagnes'
                )
        )
    order by anterieure.trimestre desc, recepisse_anterieur.recu_le desc, recepisse_anterieur.recepisse_id desc
    limit 1
) as precedente on true
