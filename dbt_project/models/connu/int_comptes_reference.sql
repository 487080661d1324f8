{{ config(
    materialized='table',
    tags='reference',
    indexes=[{'columns': ['indicateur', 'connu_du'], 'unique': true}]
) }}

-- What reference data count, from each moment at which they changed to the next. A sum over territories is no count of
-- distinct neighbourhoods or communes: both are kept, under their own names.
with

lignes as (
    select
        compte.indicateur,
        territoires.territoire_id as chose,
        territoires.connu_du,
        territoires.connu_au
    from {{ histoire('con_territoires') }} as territoires
    cross join
        lateral (
            values
            ('territoires_labellises', true),
            ('territoires_vague_1', territoires.vague = '2020'),
            ('territoires_vague_2', territoires.vague = '2021')
        ) as compte (indicateur, en_est)
    where compte.en_est
    union all
    select
        compte.indicateur,
        compte.chose,
        couverts.connu_du,
        couverts.connu_au
    from {{ histoire('con_territoires_qpv2015') }} as couverts
    cross join
        lateral (
            values
            ('couples_cite_qpv', couverts.territoire_id || ' ' || couverts.code_qpv),
            ('qpv_2015_couverts', couverts.code_qpv)
        ) as compte (indicateur, chose)
    union all
    select
        compte.indicateur,
        compte.chose,
        couvertes.connu_du,
        couvertes.connu_au
    from {{ histoire('con_territoires_communes') }} as couvertes
    cross join
        lateral (
            values
            ('couples_cite_commune', couvertes.territoire_id || ' ' || couvertes.code_commune),
            ('communes_couvertes', couvertes.code_commune)
        ) as compte (indicateur, chose)
    union all
    select
        'qpv_2024_metropole' as indicateur,
        code_qpv as chose,
        connu_du,
        connu_au
    from {{ histoire('con_qpv2024_communes') }}
    where code_qpv !~ '^QN97'
    union all
    select
        'contrats_ville_2024' as indicateur,
        code_contrat || ' ' || code_geo as chose,
        connu_du,
        connu_au
    from {{ histoire('con_contrats_ville') }}
),

moments as (
    select distinct moment.moment
    from lignes
    cross join lateral (values (lignes.connu_du), (lignes.connu_au)) as moment (moment)
),

periodes as (
    select
        moment as connu_du,
        lead(moment, 1, 'infinity'::timestamptz) over (order by moment) as connu_au
    from moments
    where moment < 'infinity'
)

select
    lignes.indicateur,
    count(distinct lignes.chose) as valeur,
    periodes.connu_du,
    periodes.connu_au
from periodes
inner join lignes on periodes.connu_du >= lignes.connu_du and periodes.connu_du < lignes.connu_au
group by lignes.indicateur, periodes.connu_du, periodes.connu_au
