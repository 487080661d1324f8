select trimestre
from {{ ref('con_trimestres') }}
