-- Regions, together.
select
    trimestre,
    'region' as niveau
from {{ ref('con_trimestres') }}
