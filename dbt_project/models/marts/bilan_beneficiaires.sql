{{ config(
    portee='suite',
    par=['trimestre', 'niveau', 'code'],
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
    case when sommes.nb_flux > 0 then sommes.flux end as flux,
    case when sommes.nb_cumuls > 0 then sommes.cumul end as cumul,
    bilans.nb_repondants,
    bilans.nb_attendus,
    sommes.reportes::integer as nb_reportes,
    sommes.pluri_trimestres::integer as nb_flux_pluri_trimestres,
    sommes.incomplets::integer as nb_cumuls_incomplets,
    {{ arrete_le() }} as arrete_le
from {{ ref('int_bilans') }} as bilans
inner join {{ ref('con_trimestres') }} as trimestres on bilans.trimestre = trimestres.trimestre
cross join lateral ({{ series_sommees('bilans.beneficiaires') }}) as sommes
inner join {{ ref('int_series') }} as series
    on trimestres.millesime = series.millesime and sommes.numero = series.numero
where
    series.connu_du <= (select instants.instant from {{ ref('instant') }} as instants)
    and series.connu_au > (select instants.instant from {{ ref('instant') }} as instants)
