{{ config(indexes=[{'columns': ['recepisse_id']}, {'columns': ['trimestre', 'territoire_id']}]) }}

-- Counts of every accepted return, rejected cells taken out, brought to one comparable list of series: where a vintage
-- asks for women and men, « T » is their sum and the public Femmes is the women of Ensemble.
with

-- A public typed on two lines of the same return counts once: the first line.
uniques as (
    select distinct on (lues.recepisse_id, lues.public, lues.indicateur, lues.sexe) lues.*
    from {{ ref('stg_beneficiaires') }} as lues
    inner join {{ ref('int_lot') }} as lot on lues.recepisse_id = lot.recepisse_id
    order by lues.recepisse_id, lues.public, lues.indicateur, lues.sexe, lues.ligne
),

acceptees as (
    select
        lues.recepisse_id,
        lues.territoire_id,
        lues.trimestre,
        lues.public,
        lues.indicateur,
        lues.sexe,
        lues.nature,
        case when lues.champ = any(rejets.champs) then null else lues.valeur end as valeur,
        {{ etat_accepte('lues.champ', 'lues.valeur_etat') }} as etat,
        lues.ligne,
        lues.colonne
    from uniques as lues
    left join {{ ref('int_rejets') }} as rejets
        on
            lues.recepisse_id = rejets.recepisse_id
            and rejets.tableau = 'beneficiaires'
            and lues.ligne = rejets.ligne
),

sommes as (
    select
        recepisse_id,
        territoire_id,
        trimestre,
        public,
        indicateur,
        'T' as sexe,
        nature,
        -- One of the two not known, the sum is not known; « sans objet » on one side adds nothing.
        case when not bool_or(etat = 'non_renseigne') and count(*) = 2 then sum(valeur)::bigint end as valeur,
        case
            when bool_or(etat = 'non_renseigne') or count(*) < 2 then 'non_renseigne'
            when bool_and(etat = 'non_concerne') then 'non_concerne'
            when sum(valeur) = 0 then 'zero'
            else 'saisi'
        end as etat,
        min(ligne) as ligne,
        null::integer as colonne
    from acceptees
    where sexe in ('F', 'H')
    group by
        recepisse_id,
        territoire_id,
        trimestre,
        public,
        indicateur,
        nature
),

femmes as (
    select
        recepisse_id,
        territoire_id,
        trimestre,
        'femmes' as public,
        indicateur,
        'T' as sexe,
        nature,
        valeur,
        etat,
        ligne,
        colonne
    from acceptees
    where sexe = 'F' and public = 'ensemble'
)

select * from acceptees
union all
select * from sommes
union all
select * from femmes
