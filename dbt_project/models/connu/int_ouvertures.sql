{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='trimestre',
    indexes=[{'columns': ['trimestre'], 'unique': true}]
) }}

-- Since when each quarter is shown: the first moment at which a return of it, or of a later one, was in force.
select
    trimestres.trimestre,
    trimestres.millesime,
    (row_number() over (order by trimestres.trimestre))::integer as rang,
    min(premiers.connu_du) over (order by trimestres.trimestre desc) as ouvert_le
from {{ ref('con_trimestres') }} as trimestres
left join (
    select
        trimestre,
        min(connu_du) as connu_du
    from {{ source('entrepot', 'vigueur') }}
    where genre = 'retour' and connu_du < connu_au
    group by trimestre
) as premiers on trimestres.trimestre = premiers.trimestre
