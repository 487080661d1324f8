{{ config(portee='reference') }}

select
    code as public,
    libelle,
    rang
from {{ ref('con_modalites') }}
where liste = 'publics_beneficiaires'
