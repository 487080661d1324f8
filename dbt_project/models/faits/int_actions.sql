{{ config(indexes=[{'columns': ['recepisse_id']}, {'columns': ['trimestre', 'territoire_id']}]) }}

-- Actions of every accepted return, rejected cells taken out.
select
    lues.recepisse_id,
    lues.ligne,
    lues.territoire_id,
    lues.trimestre,
    {{ accepte('numero') }},
    {{ accepte('axe') }},
    {{ accepte('type_action') }},
    {{ accepte('intitule') }},
    {{ accepte('frein') }},
    lues.publics,
    lues.publics_etat,
    lues.qpv_concernes,
    lues.qpv_concernes_etat,
    {{ accepte('date_debut') }},
    {{ accepte('date_fin') }},
    {{ accepte('statut') }},
    -- Known to be cancelled is never counted; without a status (2022, or left empty) it took place.
    coalesce(lues.statut <> 'annulee', true) as comptee,
    {{ accepte('occurrences') }},
    {{ accepte('participants') }},
    {{ accepte('participants_femmes') }},
    {{ accepte('participants_jeunes') }},
    {{ accepte('cout_total') }},
    {{ accepte('cout_cite') }},
    lues.cofinanceurs,
    lues.cofinanceurs_etat
from {{ ref('stg_actions') }} as lues
inner join {{ ref('int_lot') }} as lot on lues.recepisse_id = lot.recepisse_id
left join {{ ref('int_rejets') }} as rejets
    on lues.recepisse_id = rejets.recepisse_id and rejets.tableau = 'actions' and lues.ligne = rejets.ligne
