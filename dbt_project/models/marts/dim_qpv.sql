{{ config(portee='reference') }}

-- Both generations. No public table passes from one to the other: the link is by name, within the communes of a cité.
with

qpv_2015 as (
    select
        code_qpv,
        min(nom_qpv) as nom,
        array_agg(territoire_id order by territoire_id) as territoires
    from {{ ref('con_territoires_qpv2015') }}
    group by code_qpv
),

qpv_2024 as (
    select
        qpv.code_qpv,
        min(qpv.nom_qpv) as nom,
        array_agg(distinct qpv.code_commune order by qpv.code_commune) as communes,
        array_remove(array_agg(distinct cites.territoire_id order by cites.territoire_id), null) as territoires
    from {{ ref('con_qpv2024_communes') }} as qpv
    left join {{ ref('con_territoires_communes') }} as cites on qpv.code_commune = cites.code_commune_2025
    group by qpv.code_qpv
),

passages as (
    select
        qpv_2015.code_qpv as code_2015,
        qpv_2024.code_qpv as code_2024
    from qpv_2015
    inner join qpv_2024
        on
            {{ function('mots') }}(qpv_2015.nom) = {{ function('mots') }}(qpv_2024.nom)
            and qpv_2015.territoires && qpv_2024.territoires
)

select
    code_qpv,
    '2015' as generation,
    nom,
    case when substr(code_qpv, 3, 2) = '97' then substr(code_qpv, 3, 3) else substr(code_qpv, 4, 2) end as departement,
    null::text[] as communes,
    territoires,
    cardinality(territoires)::integer as nb_territoires,
    (
        select array_agg(passages.code_2024 order by passages.code_2024)
        from passages
        where passages.code_2015 = qpv_2015.code_qpv
    ) as codes_homonymes
from qpv_2015
union all
select
    code_qpv,
    '2024' as generation,
    nom,
    case when substr(code_qpv, 3, 2) = '97' then substr(code_qpv, 3, 3) else substr(code_qpv, 4, 2) end as departement,
    communes,
    territoires,
    cardinality(territoires)::integer as nb_territoires,
    (
        select array_agg(passages.code_2015 order by passages.code_2015)
        from passages
        where passages.code_2024 = qpv_2024.code_qpv
    ) as codes_homonymes
from qpv_2024
