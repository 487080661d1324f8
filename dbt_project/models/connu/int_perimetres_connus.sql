{{ config(
    materialized='table',
    tags='reference',
    indexes=[
        {'columns': ['niveau', 'code', 'territoire_id', 'connu_du'], 'unique': true},
        {'columns': ['territoire_id']}
    ],
    post_hook='analyze {{ this }}'
) }}

-- Every scope of a summary, the territories it is made of, and when each was known to be part of it.
with

territoires as (
    select *
    from {{ histoire('con_territoires') }}
),

parties as (
    select
        'territoire' as niveau,
        territoire_id as code,
        nom as libelle,
        territoire_id,
        connu_du,
        connu_au
    from territoires
    union all
    select
        'region' as niveau,
        regions.code_region as code,
        regions.nom as libelle,
        territoires.territoire_id,
        greatest(territoires.connu_du, regions.connu_du) as connu_du,
        least(territoires.connu_au, regions.connu_au) as connu_au
    from territoires
    inner join {{ histoire('con_regions') }} as regions on territoires.region = regions.nom
    union all
    select
        'france' as niveau,
        'FR' as code,
        'France' as libelle,
        territoire_id,
        connu_du,
        connu_au
    from territoires
)

select
    niveau,
    code,
    libelle,
    territoire_id,
    connu_du,
    connu_au
from parties
where connu_du < connu_au
