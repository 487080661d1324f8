{{ config(indexes=[{'columns': ['recepisse_id']}, {'columns': ['trimestre', 'territoire_id']}]) }}

-- One row per receipt and kind of partner, rejected cells taken out. A kind named on several lines (« Pôle emploi » and
-- « France Travail ») is one: it is associated if one line says so, and its note is the first given.
with

acceptees as (
    select
        lues.recepisse_id,
        lues.territoire_id,
        lues.trimestre,
        lues.ligne,
        {{ accepte('partenaire') }},
        {{ accepte('associe') }},
        {{ accepte('cofinanceur') }},
        {{ accepte('satisfaction') }}
    from {{ ref('stg_partenaires') }} as lues
    inner join {{ ref('int_lot') }} as lot on lues.recepisse_id = lot.recepisse_id
    left join {{ ref('int_rejets') }} as rejets
        on lues.recepisse_id = rejets.recepisse_id and rejets.tableau = 'partenaires' and lues.ligne = rejets.ligne
)

select
    acceptees.recepisse_id,
    acceptees.territoire_id,
    acceptees.trimestre,
    trimestres.campagne,
    acceptees.partenaire,
    bool_or(acceptees.associe = 'oui') as associe,
    {{ etat_reuni('associe') }} as associe_etat,
    bool_or(acceptees.cofinanceur = 'oui') as cofinanceur,
    {{ etat_reuni('cofinanceur') }} as cofinanceur_etat,
    (
        array_agg(acceptees.satisfaction order by acceptees.ligne) filter (where acceptees.satisfaction is not null)
    )[1] as satisfaction,
    {{ etat_reuni('satisfaction') }} as satisfaction_etat,
    min(acceptees.ligne) as ligne
from acceptees
inner join {{ ref('ref_trimestres') }} as trimestres on acceptees.trimestre = trimestres.trimestre
where acceptees.partenaire is not null and trimestres.campagne is not null
group by
    acceptees.recepisse_id,
    acceptees.territoire_id,
    acceptees.trimestre,
    trimestres.campagne,
    acceptees.partenaire
