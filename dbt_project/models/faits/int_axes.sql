{{ config(indexes=[{'columns': ['recepisse_id']}, {'columns': ['trimestre', 'territoire_id']}]) }}

-- Per receipt, what each axis adds up to: these figures never change, only which receipts are in force does. An axis
-- without any line counts 0 actions; lines whose value is not known add nothing, and nb_… says how many gave one.
with

axes as (
    select code as axe
    from {{ ref('ref_modalites') }}
    where liste = 'axes'
),

sommes as (
    select
        actions.recepisse_id,
        actions.axe,
        count(*) as actions,
        sum(actions.occurrences) as occurrences,
        count(actions.occurrences) as nb_occurrences,
        sum(actions.participants) as participants,
        count(actions.participants) as nb_participants,
        count(*) filter (where actions.frein <> 'aucun') as actions_frein,
        count(actions.frein) as nb_freins,
        sum(actions.cout_cite) as cout_cite,
        count(actions.cout_cite) as nb_couts
    from {{ ref('int_actions') }} as actions
    inner join {{ ref('int_lot') }} as lot on actions.recepisse_id = lot.recepisse_id
    where actions.comptee
    group by actions.recepisse_id, actions.axe
)

select
    lot.recepisse_id,
    lot.territoire_id,
    lot.trimestre,
    axes.axe,
    coalesce(sommes.actions, 0)::integer as actions,
    coalesce(sommes.occurrences, case when sommes.axe is null then 0 end)::numeric as occurrences,
    coalesce(sommes.nb_occurrences, 0)::integer as nb_occurrences,
    coalesce(sommes.participants, case when sommes.axe is null then 0 end)::numeric as participants,
    coalesce(sommes.nb_participants, 0)::integer as nb_participants,
    coalesce(sommes.actions_frein, 0)::integer as actions_frein,
    coalesce(sommes.nb_freins, 0)::integer as nb_freins,
    coalesce(sommes.cout_cite, case when sommes.axe is null then 0 end)::numeric as cout_cite,
    coalesce(sommes.nb_couts, 0)::integer as nb_couts
from {{ ref('int_lot') }} as lot
cross join axes
left join sommes on lot.recepisse_id = sommes.recepisse_id and axes.axe = sommes.axe
where lot.genre = 'retour'
