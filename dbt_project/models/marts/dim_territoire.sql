{{ config(portee='territoire') }}

-- A territory has one row for each spell during which its returns name the same carrier, perimeter and contracts; what
-- a return leaves out holds on from the one before.
with

declarations as (
    select
        lues.territoire_id,
        lues.trimestre,
        trimestres.date_debut,
        lues.structure_porteuse,
        lues.type_structure,
        lues.perimetre_declare,
        lues.contrats_ville
    from {{ ref('int_declarations') }} as lues
    inner join {{ ref('int_en_vigueur') }} as en_vigueur on lues.recepisse_id = en_vigueur.recepisse_id
    inner join {{ ref('int_trimestres') }} as trimestres on lues.trimestre = trimestres.trimestre
),

groupes as (
    select
        *,
        count(structure_porteuse) over suite as groupe_structure,
        count(type_structure) over suite as groupe_type,
        count(perimetre_declare) over suite as groupe_perimetre,
        count(contrats_ville) over suite as groupe_contrats
    from declarations
    window suite as (partition by territoire_id order by trimestre)
),

reportees as (
    select
        territoire_id,
        trimestre,
        date_debut,
        first_value(structure_porteuse) over (
            partition by territoire_id, groupe_structure order by trimestre
        ) as structure_porteuse,
        first_value(type_structure) over (partition by territoire_id, groupe_type order by trimestre) as type_structure,
        first_value(perimetre_declare) over (
            partition by territoire_id, groupe_perimetre order by trimestre
        ) as perimetre_declare,
        first_value(contrats_ville)
            over (partition by territoire_id, groupe_contrats order by trimestre)
            as contrats_ville
    from groupes
),

resumees as (
    select
        *,
        concat_ws(
            '|',
            coalesce({{ function('normaliser') }}(structure_porteuse), ''),
            coalesce(type_structure, ''),
            coalesce(perimetre_declare, ''),
            contrats_ville::text
        ) as resume
    from reportees
),

changements as (
    select
        *,
        lag(resume) over (partition by territoire_id order by trimestre) as resume_precedent
    from resumees
),

-- Once, and not for each territory.
periodes as materialized (
    select
        territoire_id,
        structure_porteuse,
        type_structure,
        perimetre_declare,
        contrats_ville,
        date_debut,
        lead(date_debut) over suite as suivante,
        row_number() over suite as rang
    from changements
    where resume is distinct from resume_precedent
    window suite as (partition by territoire_id order by trimestre)
)

select
    territoires.territoire_id,
    -- The experiment starts for every cité on the first day of the first quarter.
    case when coalesce(periodes.rang, 1) = 1 then debut.date_debut else periodes.date_debut end as valide_du,
    periodes.suivante - 1 as valide_au,
    periodes.suivante is null as est_actuel,
    territoires.nom,
    string_to_array(territoires.departements, ';') as departements,
    regions.code_region as region_code,
    territoires.region,
    territoires.vague,
    territoires.perimetre,
    territoires.chef_de_file,
    periodes.structure_porteuse,
    periodes.type_structure,
    periodes.perimetre_declare,
    periodes.contrats_ville,
    territoires.nb_qpv_2015,
    territoires.nb_communes,
    territoires.longitude,
    territoires.latitude
from {{ ref('con_territoires') }} as territoires
inner join {{ ref('con_regions') }} as regions on territoires.region = regions.nom
cross join (select min(date_debut) as date_debut from {{ ref('int_trimestres') }}) as debut
left join periodes on territoires.territoire_id = periodes.territoire_id
