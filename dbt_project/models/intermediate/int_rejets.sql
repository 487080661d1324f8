{{ config(indexes=[{'columns': ['recepisse_id', 'tableau', 'ligne'], 'unique': true}]) }}

-- Cells that a finding of severity « valeur » rejects. An unknown item of a list rejects that item only, which staging
-- already left out.
select
    constat.recepisse_id,
    constat.tableau,
    constat.ligne,
    array_agg(distinct constat.champ) as champs
from {{ source('entrepot', 'constat') }} as constat
inner join {{ ref('int_recepisses') }} as recepisses on constat.recepisse_id = recepisses.recepisse_id
where
    constat.severite = 'valeur'
    and constat.tableau is not null
    and constat.ligne is not null
    and constat.champ is not null
    and constat.champ not in ('qpv_couverts', 'qpv_concernes', 'contrats_ville', 'publics', 'cofinanceurs')
group by constat.recepisse_id, constat.tableau, constat.ligne
