{{ config(
    materialized='incremental',
    schema='preparation',
    incremental_strategy='delete+insert',
    unique_key='millesime',
    on_schema_change='fail',
    indexes=[
        {'columns': ['millesime', 'numero', 'connu_du'], 'unique': true},
        {'columns': ['public', 'millesime']}
    ],
    post_hook='analyze {{ this }}'
) }}

-- Series of beneficiaries that each vintage of the form asks for, and when its lists had them. A series keeps its
-- number: `int_suivi_beneficiaires` finds its values by it.
with

natures as (
    select
        millesime,
        min(nature) as nature
    from {{ source('entrepot', 'champ_gabarit') }}
    where tableau = 'beneficiaires' and indicateur is not null
    group by millesime
),

-- « T » throughout; women and men where the vintage asks for them.
sexes as (
    select
        millesime,
        sexe
    from {{ source('entrepot', 'champ_gabarit') }}
    where tableau = 'beneficiaires' and sexe is not null
    union
    select
        avec_total.millesime,
        'T' as sexe
    from natures as avec_total
),

series as (
    select
        natures.millesime,
        publics.code as public,
        indicateurs.code as indicateur,
        sexes.sexe,
        natures.nature,
        greatest(indicateurs.connu_du, publics.connu_du) as connu_du,
        least(indicateurs.connu_au, publics.connu_au) as connu_au
    from natures
    inner join sexes on natures.millesime = sexes.millesime
    inner join {{ histoire('con_modalites') }} as indicateurs on indicateurs.liste = 'indicateurs_beneficiaires'
    inner join {{ histoire('con_modalites') }} as publics
        on publics.liste = 'publics_beneficiaires' and (sexes.sexe = 'T' or publics.code <> 'femmes')
),

numeros as (
    {% if is_incremental() %}
        select distinct
            public,
            indicateur,
            sexe,
            numero
        from {{ this }}
    {% else %}
        select
            null::text as public,
            null::text as indicateur,
            null::text as sexe,
            null::integer as numero
        where false
    {% endif %}
),

nouvelles as (
    select
        series.public,
        series.indicateur,
        series.sexe,
        row_number() over (order by series.public, series.indicateur, series.sexe)
        + coalesce((select max(numeros.numero) from numeros), 0) as numero
    from (
        select
            public,
            indicateur,
            sexe
        from series
        except
        select
            public,
            indicateur,
            sexe
        from numeros
    ) as series
)

select
    series.millesime,
    numerotees.numero::integer as numero,
    series.public,
    series.indicateur,
    series.sexe,
    series.nature,
    series.connu_du,
    series.connu_au
from series
inner join (
    select *
    from numeros
    union all
    select *
    from nouvelles
) as numerotees
    on
        series.public = numerotees.public
        and series.indicateur = numerotees.indicateur
        and series.sexe = numerotees.sexe
where series.connu_du < series.connu_au
