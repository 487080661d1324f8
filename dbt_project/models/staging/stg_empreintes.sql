{{ config(indexes=[{'columns': ['recepisse_id']}, {'columns': ['empreinte']}]) }}

-- One row per table of a return that says something of the quarter: its print, whatever the places of its lines, and
-- how much it says in free answers. Two sheets of answers picked from lists may well be the same.
with

valeurs as (
    select
        cellules.recepisse_id,
        cellules.tableau,
        cellules.ligne,
        cellules.champ,
        cellules.type in ('choix', 'choix_multiple') as choix,
        coalesce(
            trim_scale(cellules.valeur_nombre)::text, cellules.valeur_date::text, cellules.valeur_code, cellules.texte
        ) as valeur
    from {{ ref('stg_cellules') }} as cellules
    inner join {{ ref('stg_recepisses') }} as lot on cellules.recepisse_id = lot.recepisse_id
    where cellules.texte is not null
),

empreintes as (
    select
        recepisse_id,
        tableau,
        md5(string_agg(champ || '|' || valeur, e'\n' order by ligne, champ)) as empreinte,
        count(*) filter (where not choix) as reponses_libres,
        count(distinct valeur) filter (where not choix) as valeurs_differentes
    from valeurs
    group by recepisse_id, tableau
)

select
    lot.recepisse_id,
    lot.territoire_id,
    lot.trimestre,
    lot.millesime,
    tableau.tableau,
    feuille.nom as feuille,
    empreintes.empreinte,
    coalesce(empreintes.reponses_libres, 0) as reponses_libres,
    coalesce(empreintes.valeurs_differentes, 0) as valeurs_differentes
from {{ ref('stg_recepisses') }} as lot
inner join {{ source('brut', 'tableau') }} as tableau on lot.recepisse_id = tableau.recepisse_id
inner join {{ source('brut', 'feuille') }} as feuille
    on tableau.recepisse_id = feuille.recepisse_id and tableau.feuille = feuille.feuille
left join empreintes on tableau.recepisse_id = empreintes.recepisse_id and tableau.tableau = empreintes.tableau
where lot.genre = 'retour' and tableau.tableau <> 'identification'
