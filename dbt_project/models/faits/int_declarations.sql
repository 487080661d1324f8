{{ config(indexes=[{'columns': ['recepisse_id'], 'unique': true}, {'columns': ['territoire_id']}]) }}

-- What each accepted return declares of its cité, rejected cells taken out.
select
    identifications.recepisse_id,
    identifications.territoire_id,
    identifications.trimestre,
    case
        when 'structure_porteuse' = any(rejets.champs) then null else identifications.structure_porteuse
    end as structure_porteuse,
    case when 'type_structure' = any(rejets.champs) then null else identifications.type_structure end
        as type_structure,
    case when 'perimetre' = any(rejets.champs) then null else identifications.perimetre end as perimetre_declare,
    contrats.codes as contrats_ville
from {{ ref('stg_identifications') }} as identifications
inner join {{ ref('int_lot') }} as lot on identifications.recepisse_id = lot.recepisse_id
left join (
    select
        recepisse_id,
        array_agg(distinct champ) as champs
    from {{ ref('int_rejets') }}
    cross join lateral unnest(champs) as rejete (champ)
    where tableau = 'identification'
    group by recepisse_id
) as rejets on identifications.recepisse_id = rejets.recepisse_id
left join (
    select
        elements.recepisse_id,
        array_agg(distinct elements.code order by elements.code) as codes
    from {{ ref('stg_elements') }} as elements
    inner join {{ ref('int_lot') }} as lus on elements.recepisse_id = lus.recepisse_id
    where elements.champ = 'contrats_ville' and elements.connu
    group by elements.recepisse_id
) as contrats on identifications.recepisse_id = contrats.recepisse_id
