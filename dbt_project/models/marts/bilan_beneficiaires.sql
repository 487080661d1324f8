{{ config(
    portee='suite',
    par=['trimestre', 'niveau', 'public'],
    lectures=[['niveau', 'code', 'trimestre'], ['trimestre', 'indicateur']]
) }}

-- A flow adds the respondents of the quarter; a cumul adds the last cumul known of every territory, carried on or not.
with

sommes as (
    select
        perimetres.niveau,
        perimetres.code,
        etats.trimestre,
        etats.public,
        etats.sexe,
        etats.indicateur,
        sum(etats.flux)::bigint as flux,
        sum(etats.cumul)::bigint as cumul,
        (count(*) filter (where etats.cumul_nature = 'reporte'))::integer as nb_reportes,
        (count(*) filter (where etats.flux_nb_trimestres > 1))::integer as nb_flux_pluri_trimestres,
        (count(*) filter (where not etats.cumul_complet))::integer as nb_cumuls_incomplets
    from {{ ref('int_etats_beneficiaires') }} as etats
    inner join {{ ref('int_perimetres') }} as perimetres on etats.territoire_id = perimetres.territoire_id
    group by perimetres.niveau, perimetres.code, etats.trimestre, etats.public, etats.sexe, etats.indicateur
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
