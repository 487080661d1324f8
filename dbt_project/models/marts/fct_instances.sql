select
    lues.recepisse_id,
    lues.ligne,
    lues.territoire_id,
    lues.trimestre,
    {{ accepte('instance') }},
    {{ accepte('niveau') }},
    {{ accepte('presidence') }},
    {{ accepte('adossee') }},
    {{ accepte('reunions') }}
from {{ ref('stg_instances') }} as lues
inner join {{ ref('int_recepisses') }} as recepisses
    on lues.recepisse_id = recepisses.recepisse_id and recepisses.en_vigueur
left join {{ ref('int_rejets') }} as rejets
    on lues.recepisse_id = rejets.recepisse_id and rejets.tableau = 'instances' and lues.ligne = rejets.ligne
