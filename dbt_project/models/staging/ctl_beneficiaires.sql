{{ config(materialized='view') }}

-- The earlier cumul is that of the return in force when this one arrived: a check gives the same answer whenever it
-- runs. A cumul that its own return contradicts is rejected there (rules BEN-01 and BEN-02): it is no comparison.
select
    beneficiaires.*,
    ensemble.valeur as valeur_ensemble,
    identifies.valeur as valeur_identifies,
    precedente.valeur as valeur_precedente,
    precedente.trimestre as trimestre_precedent,
    precedente.plus_haute as valeur_haute,
    avant.ecoules as trimestres_ecoules,
    case
        when beneficiaires.public <> 'ensemble' or beneficiaires.indicateur <> 'touches_frein' then null
        -- One cell speaks for the women and the men of the quarter.
        when beneficiaires.nature = 'flux' and beneficiaires.sexe = 'F' then beneficiaires.valeur + hommes.valeur
        when beneficiaires.nature = 'cumul' and avant.trimestre is null then beneficiaires.valeur
        -- Across a missing quarter, the rise is that of several quarters.
        when beneficiaires.nature = 'cumul' and avant.trimestre = precedente.trimestre
            then beneficiaires.valeur - precedente.valeur
    end as touches_trimestre,
    freins.participants as participants_freins
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
    select
        max(anterieure.valeur) as plus_haute,
        (
            array_agg(
                anterieure.valeur
                order by
                    anterieure.trimestre desc, recepisse_anterieur.recu_le desc, recepisse_anterieur.recepisse_id desc
            )
        )[1] as valeur,
        max(anterieure.trimestre) as trimestre
    from {{ ref('stg_beneficiaires') }} as anterieure
    inner join {{ source('entrepot', 'recepisse') }} as recepisse_anterieur
        on anterieure.recepisse_id = recepisse_anterieur.recepisse_id
    where
        anterieure.nature = beneficiaires.nature
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
) as precedente on true
left join {{ ref('stg_beneficiaires') }} as hommes
    on
        beneficiaires.recepisse_id = hommes.recepisse_id
        and beneficiaires.ligne = hommes.ligne
        and beneficiaires.indicateur = hommes.indicateur
        and beneficiaires.sexe = 'F'
        and hommes.sexe = 'H'
left join lateral (
    select
        max(trimestres.trimestre) as trimestre,
        count(*) filter (where trimestres.trimestre >= precedente.trimestre) as ecoules
    from {{ ref('ref_trimestres') }} as trimestres
    where trimestres.trimestre < beneficiaires.trimestre
) as avant on true
-- Whoever an action on a frein reached took part in one. Nothing is compared when an action does not say its frein, or
-- one on a frein its participants. Axis 1 need not name a frein: without one, the action is on none.
left join lateral (
    select
        case
            when bool_or(actions.frein is null and actions.axe is distinct from 'recenser_federer') then null
            when bool_or(actions.frein <> 'aucun' and actions.participants is null) then null
            when count(*) > 0 then coalesce(sum(actions.participants) filter (where actions.frein <> 'aucun'), 0)
        end as participants
    from {{ ref('stg_actions') }} as actions
    where
        beneficiaires.public = 'ensemble'
        and beneficiaires.indicateur = 'touches_frein'
        and actions.recepisse_id = beneficiaires.recepisse_id
        and actions.statut is distinct from 'annulee'
) as freins on true
