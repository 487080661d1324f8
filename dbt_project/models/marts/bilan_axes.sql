{{ config(
    portee='suite',
    par=['trimestre', 'niveau', 'code'],
    lectures=[['niveau', 'code', 'trimestre'], ['trimestre', 'axe']]
) }}

with

-- Of each quarter up to the one shown, the sums of the scope as known at the instant: one row looked up.
sommes as (
    select
        couverture.trimestre,
        couverture.niveau,
        couverture.code,
        connues.axe,
        sum(connues.actions) filter (where connues.trimestre = couverture.trimestre) as actions,
        sum(connues.actions) as actions_cumul,
        sum(connues.occurrences) filter (where connues.trimestre = couverture.trimestre) as occurrences,
        sum(connues.occurrences) as occurrences_cumul,
        sum(connues.nb_occurrences) filter (where connues.trimestre = couverture.trimestre) as nb_occurrences,
        sum(connues.participants) filter (where connues.trimestre = couverture.trimestre) as participants,
        sum(connues.participants) as participants_cumul,
        sum(connues.nb_participants) filter (where connues.trimestre = couverture.trimestre) as nb_participants,
        sum(connues.actions_frein) filter (where connues.trimestre = couverture.trimestre) as actions_frein,
        sum(connues.actions_frein) as actions_frein_cumul,
        sum(connues.nb_freins) filter (where connues.trimestre = couverture.trimestre) as nb_freins,
        sum(connues.cout_cite) filter (where connues.trimestre = couverture.trimestre) as cout_cite,
        sum(connues.cout_cite) as cout_cite_cumul,
        sum(connues.nb_couts) filter (where connues.trimestre = couverture.trimestre) as nb_couts
    from {{ ref('int_couverture') }} as couverture
    inner join {{ ref('con_trimestres') }} as passes on couverture.trimestre >= passes.trimestre
    inner join {{ ref('con_modalites') }} as axes on axes.liste = 'axes'
    cross join
        lateral (
            select versions.*
            from {{ ref('int_axes_connues') }} as versions
            where
                versions.niveau = couverture.niveau
                and versions.code = couverture.code
                and versions.trimestre = passes.trimestre
                and versions.axe = axes.code
                and versions.connu_au > (select instants.instant from {{ ref('instant') }} as instants)
            order by versions.connu_au
            limit 1
        ) as connues
    where
        connues.connu_du <= (select instants.instant from {{ ref('instant') }} as instants)
        and connues.nb_retours > 0
    group by couverture.trimestre, couverture.niveau, couverture.code, connues.axe
)

select
    couverture.trimestre,
    couverture.niveau,
    couverture.code,
    couverture.libelle,
    axes.code as axe,
    indicateurs.indicateur,
    indicateurs.valeur as valeur_trimestre,
    indicateurs.cumul as valeur_cumul,
    couverture.nb_repondants,
    couverture.nb_attendus,
    coalesce(indicateurs.nb_valeurs, 0)::integer as nb_valeurs,
    couverture.arrete_le
from {{ ref('int_couverture') }} as couverture
inner join {{ ref('con_modalites') }} as axes on axes.liste = 'axes'
left join sommes
    on
        couverture.niveau = sommes.niveau
        and couverture.code = sommes.code
        and couverture.trimestre = sommes.trimestre
        and axes.code = sommes.axe
cross join
    lateral (
        values
        ('actions', sommes.actions, sommes.actions_cumul, sommes.actions),
        ('occurrences', sommes.occurrences, sommes.occurrences_cumul, sommes.nb_occurrences),
        ('participants', sommes.participants, sommes.participants_cumul, sommes.nb_participants),
        ('actions_frein', sommes.actions_frein, sommes.actions_frein_cumul, sommes.nb_freins),
        ('cout_cite', sommes.cout_cite, sommes.cout_cite_cumul, sommes.nb_couts)
    ) as indicateurs (indicateur, valeur, cumul, nb_valeurs)
