{{ config(
    materialized='table',
    tags='reference',
    indexes=[
        {'columns': ['millesime', 'numero', 'connu_du'], 'unique': true},
        {'columns': ['public', 'millesime']}
    ],
    post_hook='analyze {{ this }}'
) }}

-- Series of beneficiaries that each vintage of the form asks for, and when its lists had them. Tables that keep many
-- series in one row find the values of one by its number.
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
    select
        public,
        indicateur,
        sexe,
        row_number() over (order by public, indicateur, sexe) as numero
    from series
    group by public, indicateur, sexe
)

select
    series.millesime,
    numeros.numero::integer as numero,
    series.public,
    series.indicateur,
    series.sexe,
    series.nature,
    series.connu_du,
    series.connu_au
from series
inner join numeros
    on series.public = numeros.public and series.indicateur = numeros.indicateur and series.sexe = numeros.sexe
where series.connu_du < series.connu_au
