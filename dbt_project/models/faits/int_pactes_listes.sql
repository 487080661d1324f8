{{ config(indexes=[{'columns': ['recepisse_id']}, {'columns': ['pacte_id']}]) }}

-- Labelled pactes as each list names them, rejected cells taken out. A pacte is told by its name and département: the
-- lists give it no number.
with

acceptees as (
    select
        lues.recepisse_id,
        lues.feuille,
        lues.ligne,
        case when 'territoire' = any(rejets.champs) then null else lues.territoire_texte end as nom,
        case when 'departement' = any(rejets.champs) then null else lues.departement end as departement,
        case when 'contrat_ville' = any(rejets.champs) then null else lues.code_contrat end as code_contrat,
        case
            when 'date_labellisation' = any(rejets.champs) then null else lues.date_labellisation
        end as date_labellisation,
        lues.vague
    from {{ ref('stg_pactes') }} as lues
    inner join {{ ref('int_lot') }} as lot on lues.recepisse_id = lot.recepisse_id
    left join {{ ref('int_rejets') }} as rejets
        on lues.recepisse_id = rejets.recepisse_id and rejets.tableau = 'pactes_liste' and lues.ligne = rejets.ligne
)

select
    recepisse_id,
    feuille,
    ligne,
    'ppe-' || left(md5({{ function('mots') }}(nom) || '|' || coalesce(departement, '')), 10) as pacte_id,
    nom,
    departement,
    code_contrat,
    date_labellisation,
    vague,
    {{ function('nom_distinctif') }}(nom) as nom_distinctif
from acceptees
where nom is not null
