-- On nothing but reference data: tables that a changed method makes again would take the readers' views with them.
select
    trimestres.trimestre,
    perimetres.niveau,
    perimetres.code
from {{ ref('con_trimestres') }} as trimestres
cross join (
    select
        'territoire' as niveau,
        territoire_id as code
    from {{ ref('con_territoires') }}
    union all
    select distinct
        'region' as niveau,
        regions.code_region as code
    from {{ ref('con_regions') }} as regions
    inner join {{ ref('con_territoires') }} as territoires on regions.nom = territoires.region
    union all
    select
        'france' as niveau,
        'FR' as code
) as perimetres
