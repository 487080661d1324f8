{{ config(indexes=[{'columns': ['recepisse_id']}, {'columns': ['trimestre', 'territoire_id']}]) }}

-- Bodies of governance of every accepted return, rejected cells taken out.
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
inner join {{ ref('int_lot') }} as lot on lues.recepisse_id = lot.recepisse_id
left join {{ ref('int_rejets') }} as rejets
    on lues.recepisse_id = rejets.recepisse_id and rejets.tableau = 'instances' and lues.ligne = rejets.ligne
