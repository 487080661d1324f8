{{ config(
    portee='trimestre',
    par=['trimestre', 'niveau'],
    lectures=[['niveau', 'code', 'trimestre'], ['trimestre', 'question']]
) }}

-- Shares over the answers that can be used, and means. A scale of whole numbers has both; a question nobody answered
-- in a scope has no row there.
with

echelles as (
    -- Whole-number scales say their bounds in the form; their grades are their answers.
    select distinct
        champ as question,
        grade.grade::text as modalite,
        grade.grade::text as libelle,
        grade.grade as rang
    from {{ source('entrepot', 'champ_gabarit') }}
    cross join lateral generate_series((attributs ->> 'min')::integer, (attributs ->> 'max')::integer) as grade (grade)
    where tableau = 'gouvernance' and type = 'entier' and attributs ? 'min' and attributs ? 'max'
),

modalites as (
    select distinct
        champ.champ as question,
        listes.code as modalite,
        listes.libelle
    from {{ source('entrepot', 'champ_gabarit') }} as champ
    inner join {{ ref('con_modalites') }} as listes on champ.liste = listes.liste
    where champ.tableau = 'gouvernance'
    union all
    select
        question,
        modalite,
        libelle
    from echelles
    -- The mean of a number has a row of its own, without any answer.
    union all
    select distinct
        champ as question,
        null as modalite,
        'Moyenne' as libelle
    from {{ source('entrepot', 'champ_gabarit') }}
    where
        tableau = 'gouvernance'
        and type in ('decimal', 'montant', 'entier')
        and champ not in (select echelles.question from echelles)
),

reponses as (
    select
        perimetres.niveau,
        perimetres.code,
        en_vigueur.trimestre,
        reponses_lues.question,
        coalesce(reponses_lues.valeur_code, trim_scale(reponses_lues.valeur_nombre)::text) as modalite,
        reponses_lues.valeur_nombre
    from {{ ref('int_gouvernance') }} as reponses_lues
    inner join {{ ref('int_en_vigueur') }} as en_vigueur on reponses_lues.recepisse_id = en_vigueur.recepisse_id
    inner join {{ ref('int_perimetres') }} as perimetres on en_vigueur.territoire_id = perimetres.territoire_id
    where reponses_lues.valeur_code is not null or reponses_lues.valeur_nombre is not null
),

denominateurs as (
    select
        niveau,
        code,
        trimestre,
        question,
        count(*)::integer as denominateur,
        round(avg(valeur_nombre), 6) as moyenne
    from reponses
    group by niveau, code, trimestre, question
),

nombres as (
    select
        niveau,
        code,
        trimestre,
        question,
        modalite,
        count(*)::integer as nombre
    from reponses
    group by niveau, code, trimestre, question, modalite
)

select
    denominateurs.trimestre,
    denominateurs.niveau,
    denominateurs.code,
    couverture.libelle,
    denominateurs.question,
    modalites.modalite,
    modalites.libelle as libelle_modalite,
    case
        when modalites.modalite is null then denominateurs.denominateur else coalesce(nombres.nombre, 0)
    end as nombre,
    denominateurs.denominateur,
    case
        when
            modalites.modalite is not null
            then round(coalesce(nombres.nombre, 0)::numeric / denominateurs.denominateur, 6)
    end as part,
    denominateurs.moyenne,
    couverture.nb_repondants,
    couverture.nb_attendus,
    couverture.arrete_le
from denominateurs
inner join modalites on denominateurs.question = modalites.question
inner join {{ ref('int_couverture') }} as couverture
    on
        denominateurs.trimestre = couverture.trimestre
        and denominateurs.niveau = couverture.niveau
        and denominateurs.code = couverture.code
left join nombres
    on
        denominateurs.niveau = nombres.niveau
        and denominateurs.code = nombres.code
        and denominateurs.trimestre = nombres.trimestre
        and denominateurs.question = nombres.question
        and modalites.modalite = nombres.modalite
