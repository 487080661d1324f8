{{ config(materialized='view') }}

select
    actions.*,
    trimestres.date_debut as trimestre_debut,
    trimestres.date_fin as trimestre_fin,
    case
        when actions.numero is not null
            then row_number() over (partition by actions.recepisse_id, actions.numero order by actions.ligne)
    end as numero_rang,
    actions.axe in ('aller_vers', 'innover') and actions.frein is null as frein_manquant,
    (publics.attributs ->> 'elements_max')::integer as publics_max
from {{ ref('stg_actions') }} as actions
inner join {{ ref('ref_trimestres') }} as trimestres on actions.trimestre = trimestres.trimestre
left join {{ source('entrepot', 'champ_gabarit') }} as publics
    on actions.millesime = publics.millesime and publics.tableau = 'actions' and publics.champ = 'publics'
