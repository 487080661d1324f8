-- Per receipt, what each axis adds up to: these figures never change, only which receipts are in force does. An axis
-- without any line counts 0 actions; lines whose value is not known add nothing, and nb_valeurs says how many gave one.
with

axes as (
    select code as axe
    from {{ ref('ref_modalites') }}
    where liste = 'axes'
),

comptees as (
    select * from {{ ref('int_actions') }}
    where comptee
)

select
    recepisses.recepisse_id,
    recepisses.territoire_id,
    recepisses.trimestre,
    recepisses.en_vigueur_du,
    recepisses.en_vigueur_au,
    recepisses.en_vigueur,
    axes.axe,
    mesures.indicateur,
    mesures.valeur,
    mesures.nb_valeurs::integer as nb_valeurs
from {{ ref('int_recepisses') }} as recepisses
cross join axes
left join (
    select
        recepisse_id,
        axe,
        count(*) as actions,
        sum(occurrences) as occurrences,
        count(occurrences) as nb_occurrences,
        sum(participants) as participants,
        count(participants) as nb_participants,
        count(*) filter (where frein <> 'aucun') as actions_frein,
        count(frein) as nb_freins,
        sum(cout_cite) as cout_cite,
        count(cout_cite) as nb_couts
    from comptees
    group by recepisse_id, axe
) as sommes
    on recepisses.recepisse_id = sommes.recepisse_id and axes.axe = sommes.axe
cross join
    lateral (
        values
        ('actions', coalesce(sommes.actions, 0)::numeric, coalesce(sommes.actions, 0)),
        (
            'occurrences',
            coalesce(sommes.occurrences, case when sommes.axe is null then 0 end),
            coalesce(sommes.nb_occurrences, 0)
        ),
        (
            'participants',
            coalesce(sommes.participants, case when sommes.axe is null then 0 end),
            coalesce(sommes.nb_participants, 0)
        ),
        ('actions_frein', coalesce(sommes.actions_frein, 0)::numeric, coalesce(sommes.nb_freins, 0)),
        ('cout_cite', coalesce(sommes.cout_cite, case when sommes.axe is null then 0 end), coalesce(sommes.nb_couts, 0))
    ) as mesures (indicateur, valeur, nb_valeurs)
where recepisses.verdict = 'accepte' and recepisses.genre = 'retour'
