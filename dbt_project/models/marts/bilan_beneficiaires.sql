{{ config(portee='suite', lectures=[['niveau', 'code', 'trimestre'], ['trimestre', 'indicateur']]) }}

-- A flow adds the respondents of the quarter; a cumul adds the last cumul known of every territory, carried on or not.
with

sommes as (
    select
        perimetres.niveau,
        perimetres.code,
        fct.trimestre,
        fct.public,
        fct.sexe,
        fct.indicateur,
        sum(fct.flux)::bigint as flux,
        sum(fct.cumul)::bigint as cumul,
        (count(*) filter (where fct.cumul_nature = 'reporte'))::integer as nb_reportes,
        (count(*) filter (where fct.flux_nb_trimestres > 1))::integer as nb_flux_pluri_trimestres,
        (count(*) filter (where not fct.cumul_complet))::integer as nb_cumuls_incomplets
    from {{ ref('fct_beneficiaires') }} as fct
    inner join {{ ref('int_perimetres') }} as perimetres on fct.territoire_id = perimetres.territoire_id
    group by perimetres.niveau, perimetres.code, fct.trimestre, fct.public, fct.sexe, fct.indicateur
)

select
    sommes.trimestre,
    sommes.niveau,
    sommes.code,
    couverture.libelle,
    sommes.public,
    sommes.sexe,
    sommes.indicateur,
    sommes.flux,
    sommes.cumul,
    couverture.nb_repondants,
    couverture.nb_attendus,
    sommes.nb_reportes,
    sommes.nb_flux_pluri_trimestres,
    sommes.nb_cumuls_incomplets,
    couverture.arrete_le
from sommes
inner join {{ ref('int_couverture') }} as couverture
    on
        sommes.trimestre = couverture.trimestre
        and sommes.niveau = couverture.niveau
        and sommes.code = couverture.code
