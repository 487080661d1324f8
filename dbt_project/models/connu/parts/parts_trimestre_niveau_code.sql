select distinct
    trimestres.trimestre,
    perimetres.niveau,
    perimetres.code
from {{ ref('con_trimestres') }} as trimestres
cross join {{ ref('int_perimetres') }} as perimetres
