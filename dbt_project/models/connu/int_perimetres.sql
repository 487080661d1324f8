-- Every scope of a summary, and the territories it is made of.
select
    'territoire' as niveau,
    territoire_id as code,
    nom as libelle,
    territoire_id
from {{ ref('con_territoires') }}
union all
select
    'region' as niveau,
    regions.code_region as code,
    regions.nom as libelle,
    territoires.territoire_id
from {{ ref('con_territoires') }} as territoires
inner join {{ ref('con_regions') }} as regions on territoires.region = regions.nom
union all
select
    'france' as niveau,
    'FR' as code,
    'France' as libelle,
    territoire_id
from {{ ref('con_territoires') }}
