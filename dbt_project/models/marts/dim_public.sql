select
    code as public,
    libelle,
    rang
from {{ ref('ref_modalites') }}
where liste = 'publics_beneficiaires'
