select
    trimestres.trimestre,
    publics.code as public
from {{ ref('con_trimestres') }} as trimestres
inner join {{ ref('con_modalites') }} as publics on publics.liste = 'publics_beneficiaires'
