{{ config(
    portee='territoire',
    par=['territoire_id'],
    lectures=[['trimestre', 'public', 'indicateur', 'sexe'], ['territoire_id', 'trimestre']]
) }}

-- One comparable series per territory, public, step and sex: cumuls of 2022-2023 and flows of 2024 brought together. A
-- quarter without a value carries the last cumul on, and says so.
with

natures as (
    select
        millesime,
        min(nature) as nature
    from {{ source('entrepot', 'champ_gabarit') }}
    where tableau = 'beneficiaires' and indicateur is not null
    group by millesime
),

series as (
    select
        territoires.territoire_id,
        publics.code as public,
        indicateurs.code as indicateur,
        sexes.sexe,
        trimestres.trimestre,
        trimestres.rang,
        natures.nature
    from {{ ref('con_territoires') }} as territoires
    cross join {{ ref('int_trimestres') }} as trimestres
    inner join natures on trimestres.millesime = natures.millesime
    -- « T » throughout; women and men where the vintage asks for them.
    inner join (
        select distinct
            millesime,
            sexe
        from {{ source('entrepot', 'champ_gabarit') }}
        where tableau = 'beneficiaires' and sexe is not null
        union
        select
            avec_total.millesime,
            'T' as sexe
        from natures as avec_total
    ) as sexes on trimestres.millesime = sexes.millesime
    inner join {{ ref('con_modalites') }} as indicateurs on indicateurs.liste = 'indicateurs_beneficiaires'
    inner join {{ ref('con_modalites') }} as publics
        on publics.liste = 'publics_beneficiaires' and (sexes.sexe = 'T' or publics.code <> 'femmes')
    where trimestres.ouvert
),

valeurs as (
    select
        series.*,
        lus.valeur,
        coalesce(lus.etat, 'non_renseigne') as etat,
        lus.recepisse_id,
        lus.ligne,
        lus.colonne,
        case when series.nature = 'cumul' then lus.valeur end as valeur_cumul,
        case when series.nature = 'flux' then lus.valeur end as valeur_flux
    from series
    left join (
        select donnees.*
        from {{ ref('int_beneficiaires') }} as donnees
        inner join {{ ref('int_en_vigueur') }} as en_vigueur on donnees.recepisse_id = en_vigueur.recepisse_id
    ) as lus
        on
            series.territoire_id = lus.territoire_id
            and series.trimestre = lus.trimestre
            and series.public = lus.public
            and series.indicateur = lus.indicateur
            and series.sexe = lus.sexe
),

-- The last quarter, this one included, whose cumul was given; and the last of any kind before this one.
bases as (
    select
        *,
        coalesce(max(rang) filter (where valeur_cumul is not null) over (suite), 0) as rang_base,
        max(rang) filter (where valeur is not null) over (
            suite rows between unbounded preceding and 1 preceding
        ) as rang_precedent
    from valeurs
    window suite as (partition by territoire_id, public, indicateur, sexe order by rang)
),

cumuls as (
    select
        *,
        max(valeur_cumul) over depuis_base as base,
        sum(valeur_flux) over depuis_base as flux_depuis_base,
        count(valeur_flux) over depuis_base as nb_flux_depuis_base
    from bases
    window depuis_base as (partition by territoire_id, public, indicateur, sexe, rang_base order by rang)
),

ensembles as (
    select
        *,
        case
            when base is not null or flux_depuis_base is not null
                then (coalesce(base, 0) + coalesce(flux_depuis_base, 0))::bigint
        end as cumul
    from cumuls
),

precedents as (
    select
        *,
        lag(cumul) over (partition by territoire_id, public, indicateur, sexe order by rang) as cumul_precedent
    from ensembles
),

flux as (
    select
        *,
        case
            when nature = 'flux' then valeur_flux
            when valeur_cumul is not null then valeur_cumul - coalesce(cumul_precedent, 0)
        end as flux_calcule
    from precedents
)

select
    territoire_id,
    trimestre,
    public,
    indicateur,
    sexe,
    nature,
    valeur,
    etat,
    flux_calcule as flux,
    case
        when flux_calcule is null then null
        when nature = 'flux' then 1
        else rang - coalesce(rang_precedent, 0)
    end as flux_nb_trimestres,
    flux_calcule < 0 as flux_negatif,
    cumul,
    case
        when cumul is null then null
        when valeur_cumul is not null then 'saisi'
        when valeur_flux is not null then 'calcule'
        else 'reporte'
    end as cumul_nature,
    -- Nothing is missing between the last cumul given (or the first quarter) and this one.
    case when cumul is not null then nb_flux_depuis_base = rang - rang_base end as cumul_complet,
    recepisse_id,
    ligne,
    colonne
from flux
