{{ config(portee='reference') }}

-- Communes of the cités (COG 2023) and communes that hold a QPV of 2024 (COG 2025).
with

cites as (
    select
        code_commune,
        min(nom_commune) as nom,
        min(code_commune_2025) as code_commune_2025,
        array_agg(territoire_id order by territoire_id) as territoires
    from {{ ref('con_territoires_communes') }}
    group by code_commune
),

qpv as (
    select
        code_commune,
        min(nom_commune) as nom,
        min(longitude) as longitude,
        min(latitude) as latitude,
        count(distinct code_qpv)::integer as nb_qpv_2024
    from {{ ref('con_qpv2024_communes') }}
    group by code_commune
)

select
    coalesce(cites.code_commune, qpv.code_commune) as code_commune,
    coalesce(cites.nom, qpv.nom) as nom,
    coalesce(cites.code_commune_2025, qpv.code_commune) as code_commune_2025,
    departements.code_departement as departement,
    departements.code_region as region_code,
    qpv.longitude,
    qpv.latitude,
    coalesce(cites.territoires, '{}') as territoires,
    coalesce(qpv.nb_qpv_2024, 0) as nb_qpv_2024
from cites
full join qpv on cites.code_commune = qpv.code_commune
left join {{ ref('con_departements') }} as departements
    on
        departements.code_departement
        = left(
            coalesce(cites.code_commune, qpv.code_commune),
            case when coalesce(cites.code_commune, qpv.code_commune) like '97%' then 3 else 2 end
        )
