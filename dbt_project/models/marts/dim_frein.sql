{{ config(portee='reference') }}

select
    code as frein,
    libelle,
    rang
from {{ ref('con_modalites') }}
where liste = 'freins'
