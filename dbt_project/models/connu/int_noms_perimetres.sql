{{ config(
    materialized='table',
    tags='reference',
    indexes=[{'columns': ['niveau', 'code', 'connu_du'], 'unique': true}]
) }}

-- The name of every scope, and when it was known by it.
select
    noms.niveau,
    noms.code,
    noms.libelle,
    lower(periode.periode) as connu_du,
    upper(periode.periode) as connu_au
from (
    select
        niveau,
        code,
        libelle,
        range_agg(tstzrange(connu_du, connu_au)) as periodes
    from {{ ref('int_perimetres_connus') }}
    group by niveau, code, libelle
) as noms
cross join lateral unnest(noms.periodes) as periode (periode)
