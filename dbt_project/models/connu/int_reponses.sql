{{ config(materialized='table', tags='reference', indexes=[{'columns': ['question', 'mesure', 'modalite']}]) }}

-- What is counted of each question on governance, with its place in the vectors: how many answered, the sum of their
-- numbers, how many gave each answer. Scales of whole numbers say their bounds in the form: their grades are answers.
with

champs as (
    select distinct
        champ as question,
        liste,
        type,
        (attributs ->> 'min')::integer as minimum,
        (attributs ->> 'max')::integer as maximum
    from {{ source('entrepot', 'champ_gabarit') }}
    where tableau = 'gouvernance' and type in ('choix', 'entier', 'decimal', 'montant')
),

comptes as (
    select
        question,
        'reponses' as mesure,
        null as modalite
    from champs
    union
    select
        question,
        'total' as mesure,
        null as modalite
    from champs
    where type <> 'choix'
    union
    select
        champs.question,
        'modalite' as mesure,
        listes.code as modalite
    from champs
    inner join {{ ref('int_listes') }} as listes on champs.liste = listes.liste
    union
    select
        champs.question,
        'modalite' as mesure,
        grade.grade::text as modalite
    from champs
    cross join lateral generate_series(champs.minimum, champs.maximum) as grade (grade)
    where champs.type = 'entier'
)

select
    (row_number() over (order by question, mesure, modalite))::integer as numero,
    question,
    mesure,
    modalite
from comptes
