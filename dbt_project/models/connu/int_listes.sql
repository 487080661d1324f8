{{ config(materialized='table', tags='reference', indexes=[{'columns': ['liste', 'code'], 'unique': true}]) }}

-- Every answer that a list ever had, with its place in the vectors that keep one value for each.
select
    liste,
    code,
    (row_number() over (partition by liste order by code))::integer as numero
from {{ histoire('con_modalites') }}
group by liste, code
