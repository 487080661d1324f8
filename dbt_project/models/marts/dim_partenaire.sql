select
    code as partenaire,
    libelle,
    rang
from {{ ref('ref_modalites') }}
where liste = 'partenaires'
