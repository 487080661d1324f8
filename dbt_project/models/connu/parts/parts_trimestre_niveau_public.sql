select
    parts.trimestre,
    parts.niveau,
    publics.code as public
from {{ ref('parts_trimestre_niveau') }} as parts
inner join {{ ref('con_modalites') }} as publics on publics.liste = 'publics_beneficiaires'
