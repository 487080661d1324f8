{{ config(portee='reference') }}

select
    code as partenaire,
    libelle,
    rang
from {{ ref('con_modalites') }}
where liste = 'partenaires'
