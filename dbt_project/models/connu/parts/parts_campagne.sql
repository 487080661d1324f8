select campagne
from {{ ref('con_trimestres') }}
where campagne is not null
