-- Territories, and the whole country, one by one. On reference data only, as every part: readers' views rest on it.
select
    trimestres.trimestre,
    'territoire' as niveau,
    territoires.territoire_id as code
from {{ ref('con_trimestres') }} as trimestres
cross join {{ ref('con_territoires') }} as territoires
union all
select
    trimestre,
    'france' as niveau,
    'FR' as code
from {{ ref('con_trimestres') }}
