{{ config(indexes=[{'columns': ['recepisse_id', 'tableau', 'ligne'], 'unique': true}]) }}

-- Cells that a finding of severity « valeur » rejects, and by which rules. An unknown item of a list rejects that item
-- only, which staging already left out.
select
    constat.recepisse_id,
    constat.tableau,
    constat.ligne,
    coalesce(
        array_agg(distinct constat.champ) filter (
            where constat.champ not in ('qpv_couverts', 'qpv_concernes', 'contrats_ville', 'publics', 'cofinanceurs')
        ),
        '{}'
    ) as champs,
    array_agg(distinct constat.champ || ' ' || constat.regle) as regles
from {{ source('entrepot', 'constat') }} as constat
inner join {{ ref('int_lot') }} as lot on constat.recepisse_id = lot.recepisse_id
where
    constat.severite = 'valeur'
    and constat.tableau is not null
    and constat.ligne is not null
    and constat.champ is not null
group by constat.recepisse_id, constat.tableau, constat.ligne
