select
    trimestres.trimestre,
    territoires.territoire_id
from {{ ref('con_trimestres') }} as trimestres
cross join {{ ref('con_territoires') }} as territoires
