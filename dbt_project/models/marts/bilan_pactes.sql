{{ config(portee='tout') }}

-- Neighbourhoods: the list gives none, so those of 2024 that lie in the communes of a cité taken over, or in the
-- commune of the contract.
with

pactes as (
    select * from {{ ref('fct_pactes') }}
),

communes as (
    select cites.code_commune_2025 as code_commune
    from pactes
    inner join {{ ref('con_territoires_communes') }} as cites on pactes.cite_id = cites.territoire_id
    union
    select contrats.code_geo as code_commune
    from pactes
    inner join {{ ref('con_contrats_ville') }} as contrats on pactes.code_contrat = contrats.code_contrat
),

objectifs as (
    select
        max(valeur) filter (where indicateur = 'pactes_objectif') as objectif,
        max(valeur) filter (where indicateur = 'pactes_objectif_2025') as objectif_2025
    from {{ ref('con_chiffres_publies') }}
),

arrete as (
    select {{ arrete_le() }} as arrete_le
),

mesures as (
    select indicateurs.*
    from objectifs
    cross join lateral (
        values
        (
            'labellises',
            'Pactes plein emploi labellisés',
            (select count(*) from pactes)::numeric,
            objectifs.objectif,
            objectifs.objectif
        ),
        (
            'labellises_hors_cites_2025',
            'Pactes labellisés en 2025 hors anciennes cités de l''emploi',
            (
                select count(*) from pactes
                where cite_id is null and extract(year from date_labellisation) = 2025
            )::numeric,
            objectifs.objectif_2025,
            objectifs.objectif_2025
        ),
        (
            'cites_relayees',
            'Cités de l''emploi relayées par un pacte',
            (select count(distinct cite_id) from pactes)::numeric,
            null,
            (select count(*) from {{ ref('con_territoires') }})::numeric
        ),
        (
            'qpv_couverts',
            'QPV 2024 des communes couvertes (cités relayées et communes des contrats)',
            (
                select count(distinct qpv.code_qpv)
                from {{ ref('con_qpv2024_communes') }} as qpv
                inner join communes on qpv.code_commune = communes.code_commune
            )::numeric,
            null,
            (select count(distinct code_qpv) from {{ ref('con_qpv2024_communes') }})::numeric
        )
    ) as indicateurs (indicateur, libelle, valeur, objectif, denominateur)
)

select
    mesures.indicateur,
    mesures.libelle,
    mesures.valeur,
    mesures.objectif,
    mesures.valeur / nullif(mesures.denominateur, 0) as part,
    mesures.denominateur,
    arrete.arrete_le
from mesures
cross join arrete
