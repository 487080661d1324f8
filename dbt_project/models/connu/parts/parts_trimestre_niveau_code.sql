-- Territories one by one. On nothing but reference data, as every part: readers' views rest on it.
select
    trimestres.trimestre,
    'territoire' as niveau,
    territoires.territoire_id as code
from {{ ref('con_trimestres') }} as trimestres
cross join {{ ref('con_territoires') }} as territoires
