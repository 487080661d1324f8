{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['code', 'trimestre'],
    on_schema_change='fail',
    indexes=[
        {'columns': ['code', 'trimestre', 'axe', 'connu_au', 'niveau'], 'unique': true},
        {'columns': ['trimestre', 'axe', 'connu_au']}
    ],
    pre_hook="{{ planifier('(select complete from calcul.touche)') }}",
    post_hook="{{ analyser('(select complete or ouverture from calcul.touche)') }}"
) }}

-- What each axis adds up to in a scope and a quarter, from each moment at which that changed to the next: each return
-- adds its figures when it comes in force and takes them back when it ends. A sum as known at any date is then one
-- row looked up, whatever the number of returns.
with

presences as (
    select
        perimetres.niveau,
        perimetres.code,
        vigueur.trimestre,
        vigueur.recepisse_id,
        greatest(vigueur.connu_du, perimetres.connu_du) as connu_du,
        least(vigueur.connu_au, perimetres.connu_au) as connu_au
    from {{ source('entrepot', 'vigueur') }} as vigueur
    inner join {{ ref('int_perimetres_connus') }} as perimetres on vigueur.territoire_id = perimetres.territoire_id
    cross join {{ ref('touche') }} as touche
    where
        vigueur.genre = 'retour'
        and (
            touche.complete
            or (vigueur.trimestre = any(touche.trimestres::text[]) and perimetres.code = any(touche.codes::text[]))
        )
),

evenements as (
    select
        presences.niveau,
        presences.code,
        presences.trimestre,
        axes.axe,
        evenement.moment,
        sum(evenement.sens) as nb_retours,
        sum(evenement.sens * axes.actions) as actions,
        sum(evenement.sens * coalesce(axes.occurrences, 0)) as occurrences,
        sum(evenement.sens * (axes.occurrences is not null)::integer) as nb_retours_occurrences,
        sum(evenement.sens * axes.nb_occurrences) as nb_occurrences,
        sum(evenement.sens * coalesce(axes.participants, 0)) as participants,
        sum(evenement.sens * (axes.participants is not null)::integer) as nb_retours_participants,
        sum(evenement.sens * axes.nb_participants) as nb_participants,
        sum(evenement.sens * axes.actions_frein) as actions_frein,
        sum(evenement.sens * axes.nb_freins) as nb_freins,
        sum(evenement.sens * coalesce(axes.cout_cite, 0)) as cout_cite,
        sum(evenement.sens * (axes.cout_cite is not null)::integer) as nb_retours_couts,
        sum(evenement.sens * axes.nb_couts) as nb_couts
    from presences
    inner join {{ ref('int_axes') }} as axes on presences.recepisse_id = axes.recepisse_id
    cross join lateral (values (presences.connu_du, 1), (presences.connu_au, -1)) as evenement (moment, sens)
    where presences.connu_du < presences.connu_au and evenement.moment < 'infinity'
    group by presences.niveau, presences.code, presences.trimestre, axes.axe, evenement.moment
)

select
    niveau,
    code,
    trimestre,
    axe,
    moment as connu_du,
    lead(moment, 1, 'infinity'::timestamptz) over suite as connu_au,
    (sum(nb_retours) over suite)::integer as nb_retours,
    sum(actions) over suite as actions,
    case when sum(nb_retours_occurrences) over suite > 0 then sum(occurrences) over suite end as occurrences,
    sum(nb_occurrences) over suite as nb_occurrences,
    case when sum(nb_retours_participants) over suite > 0 then sum(participants) over suite end as participants,
    sum(nb_participants) over suite as nb_participants,
    sum(actions_frein) over suite as actions_frein,
    sum(nb_freins) over suite as nb_freins,
    case when sum(nb_retours_couts) over suite > 0 then sum(cout_cite) over suite end as cout_cite,
    sum(nb_couts) over suite as nb_couts
from evenements
window suite as (partition by niveau, code, trimestre, axe order by moment)
