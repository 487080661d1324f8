-- Series of the territories as known at the instant, without what the cells themselves say.
select
    suivi.territoire_id,
    suivi.trimestre,
    series.public,
    series.indicateur,
    series.sexe,
    series.nature,
    suivi.recepisse_id,
    suivi.flux[series.numero] as flux,
    case
        when suivi.flux[series.numero] is not null then suivi.flux_nb_trimestres[series.numero]
    end as flux_nb_trimestres,
    suivi.cumul[series.numero] as cumul,
    case
        when suivi.cumul[series.numero] is null then null
        when suivi.rang_valeur[series.numero] < ouvertures.rang then 'reporte'
        when series.nature = 'flux' then 'calcule'
        else 'saisi'
    end as cumul_nature,
    -- Nothing is missing between the last cumul given (or the first quarter) and this one.
    case
        when suivi.cumul[series.numero] is not null
            then suivi.nb_flux[series.numero] = ouvertures.rang - suivi.rang_base[series.numero]
    end as cumul_complet
from {{ ref('int_suivi') }} as suivi
inner join {{ ref('int_ouvertures') }} as ouvertures on suivi.trimestre = ouvertures.trimestre
inner join {{ ref('int_series') }} as series on ouvertures.millesime = series.millesime
where
    suivi.connu_du <= (select instants.instant from {{ ref('instant') }} as instants)
    and suivi.connu_au > (select instants.instant from {{ ref('instant') }} as instants)
    and series.connu_du <= (select instants.instant from {{ ref('instant') }} as instants)
    and series.connu_au > (select instants.instant from {{ ref('instant') }} as instants)
    and suivi.trimestre <= (select derniers.trimestre from {{ ref('dernier_trimestre') }} as derniers)
