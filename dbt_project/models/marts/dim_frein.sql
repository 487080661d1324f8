select
    code as frein,
    libelle,
    rang
from {{ ref('ref_modalites') }}
where liste = 'freins'
