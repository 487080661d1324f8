-- Labelled pactes: lists add up, and the last list that names a pacte says what is known of it. A pacte is told by its
-- name and département: the lists give it no number.
with

acceptees as (
    select
        recepisses.recu_le,
        lues.recepisse_id,
        lues.feuille,
        lues.ligne,
        case when 'territoire' = any(rejets.champs) then null else lues.territoire_texte end as nom,
        case when 'departement' = any(rejets.champs) then null else lues.departement end as departement,
        case when 'contrat_ville' = any(rejets.champs) then null else lues.code_contrat end as code_contrat,
        case
            when 'date_labellisation' = any(rejets.champs) then null else lues.date_labellisation
        end as date_labellisation,
        lues.vague,
        lues.cite_id
    from {{ ref('stg_pactes') }} as lues
    inner join {{ ref('int_recepisses') }} as recepisses on lues.recepisse_id = recepisses.recepisse_id
    left join {{ ref('int_rejets') }} as rejets
        on lues.recepisse_id = rejets.recepisse_id and rejets.tableau = 'pactes_liste' and lues.ligne = rejets.ligne
),

nommes as (
    select
        acceptees.*,
        'ppe-'
        || left(md5({{ function('mots') }}(acceptees.nom) || '|' || coalesce(acceptees.departement, '')), 10)
            as pacte_id
    from acceptees
    where acceptees.nom is not null
)

select distinct on (pacte_id)
    pacte_id,
    nom,
    departement,
    code_contrat,
    date_labellisation,
    vague,
    cite_id,
    recepisse_id,
    feuille,
    ligne
from nommes
order by pacte_id asc, recu_le desc, recepisse_id desc, ligne asc
