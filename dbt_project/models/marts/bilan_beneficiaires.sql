{{ config(
    portee='suite',
    par=[['trimestre', 'niveau', 'public'], ['trimestre', 'niveau', 'code']],
    lectures=[['niveau', 'code', 'trimestre', 'public'], ['trimestre', 'niveau', 'public', 'sexe']]
) }}

-- A flow adds the respondents of the quarter; a cumul adds the last cumul known of every territory, carried on or not.
select
    bilans.trimestre,
    bilans.niveau,
    bilans.code,
    bilans.libelle,
    series.public,
    series.sexe,
    series.indicateur,
    case
        when {{ terme_serie('lues.mesures', 'series.numero', 'nb_flux') }} > 0
            then {{ terme_serie('lues.mesures', 'series.numero', 'flux') }}
    end as flux,
    case
        when {{ terme_serie('lues.mesures', 'series.numero', 'nb_cumuls') }} > 0
            then {{ terme_serie('lues.mesures', 'series.numero', 'cumul') }}
    end as cumul,
    bilans.nb_repondants,
    bilans.nb_attendus,
    -- A scope that sent nothing has no sums, and so none of these: that many is zero.
    coalesce({{ terme_serie('lues.mesures', 'series.numero', 'reportes') }}, 0)::integer as nb_reportes,
    coalesce({{ terme_serie('lues.mesures', 'series.numero', 'pluri_trimestres') }}, 0)::integer
        as nb_flux_pluri_trimestres,
    coalesce({{ terme_serie('lues.mesures', 'series.numero', 'incomplets') }}, 0)::integer as nb_cumuls_incomplets,
    {{ arrete_le() }} as arrete_le
from {{ ref('int_bilans') }} as bilans
-- Read once, and not for each series: the limit keeps the planner from writing it out where it is used.
cross join
    lateral (
        select bilans.beneficiaires || '{}'::bigint[] as mesures
        order by mesures
        limit 1
    ) as lues
inner join {{ ref('con_trimestres') }} as trimestres on bilans.trimestre = trimestres.trimestre
inner join {{ ref('int_series') }} as series on trimestres.millesime = series.millesime
where
    series.connu_du <= (select instants.instant from {{ ref('instant') }} as instants)
    and series.connu_au > (select instants.instant from {{ ref('instant') }} as instants)
