{{ config(
    portee='trimestre',
    par=[['trimestre', 'niveau'], ['trimestre', 'niveau', 'code']],
    lectures=[['niveau', 'code', 'trimestre'], ['trimestre', 'niveau', 'question']]
) }}

-- Shares over the answers that can be used, and means. A scale of whole numbers has both; a question nobody answered
-- in a scope has no row there; the mean of a number that has no scale has a row of its own, without any answer.
with

modalites as (
    select distinct
        champ.champ as question,
        listes.code as modalite,
        listes.libelle
    from {{ source('entrepot', 'champ_gabarit') }} as champ
    inner join {{ ref('con_modalites') }} as listes on champ.liste = listes.liste
    where champ.tableau = 'gouvernance'
    union all
    -- Grades of the scales.
    select distinct
        champ.champ as question,
        grades.modalite,
        grades.modalite as libelle
    from {{ source('entrepot', 'champ_gabarit') }} as champ
    inner join {{ ref('int_reponses') }} as grades on champ.champ = grades.question and grades.mesure = 'modalite'
    where champ.tableau = 'gouvernance' and champ.liste is null
    union all
    select
        totaux.question,
        null as modalite,
        'Moyenne' as libelle
    from {{ ref('int_reponses') }} as totaux
    where
        totaux.mesure = 'total'
        and not exists (
            select
            from {{ ref('int_reponses') }} as grades
            where totaux.question = grades.question and grades.mesure = 'modalite'
        )
)

select
    bilans.trimestre,
    bilans.niveau,
    bilans.code,
    bilans.libelle,
    modalites.question,
    modalites.modalite,
    modalites.libelle as libelle_modalite,
    coalesce(bilans.gouvernance[nombres.numero], comptees.reponses)::integer as nombre,
    comptees.reponses as denominateur,
    case
        when modalites.modalite is not null then round(bilans.gouvernance[nombres.numero] / comptees.reponses, 6)
    end as part,
    round(bilans.gouvernance[totaux.numero] / comptees.reponses, 6) as moyenne,
    bilans.nb_repondants,
    bilans.nb_attendus,
    {{ arrete_le() }} as arrete_le
from {{ ref('int_bilans') }} as bilans
cross join modalites
inner join {{ ref('int_reponses') }} as reponses
    on modalites.question = reponses.question and reponses.mesure = 'reponses'
left join {{ ref('int_reponses') }} as totaux on modalites.question = totaux.question and totaux.mesure = 'total'
left join {{ ref('int_reponses') }} as nombres
    on
        modalites.question = nombres.question
        and modalites.modalite = nombres.modalite
        and nombres.mesure = 'modalite'
cross join lateral (select bilans.gouvernance[reponses.numero]::integer as reponses) as comptees
where comptees.reponses > 0
