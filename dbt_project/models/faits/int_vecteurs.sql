{{ config(indexes=[{'columns': ['recepisse_id'], 'unique': true}]) }}

-- What each return says, in vectors: what is summed over returns is read in one row of each.
with

retours as (
    select
        lot.recepisse_id,
        trimestres.campagne is not null as campagne
    from {{ ref('int_lot') }} as lot
    inner join {{ ref('ref_trimestres') }} as trimestres on lot.trimestre = trimestres.trimestre
    where lot.genre = 'retour'
),

axes as (
    select
        retours.recepisse_id,
        array_agg(mesures.valeur order by listes.numero, mesures.rang) as axes
    from retours
    cross join {{ ref('int_listes') }} as listes
    left join {{ ref('int_axes') }} as lus on retours.recepisse_id = lus.recepisse_id and listes.code = lus.axe
    cross join
        lateral unnest(
            array[
                1,
                coalesce(lus.actions, 0),
                coalesce(lus.occurrences, 0),
                (lus.occurrences is not null)::integer,
                coalesce(lus.nb_occurrences, 0),
                coalesce(lus.participants, 0),
                (lus.participants is not null)::integer,
                coalesce(lus.nb_participants, 0),
                coalesce(lus.actions_frein, 0),
                coalesce(lus.nb_freins, 0),
                coalesce(lus.cout_cite, 0),
                (lus.cout_cite is not null)::integer,
                coalesce(lus.nb_couts, 0)
            ]::numeric[]
        ) with ordinality as mesures (valeur, rang)
    where listes.liste = 'axes'
    group by retours.recepisse_id
),

numeros as (
    select distinct
        numero,
        public,
        indicateur,
        sexe
    from {{ ref('int_series') }}
),

beneficiaires as (
    select
        retours.recepisse_id,
        array_agg(lus.valeur order by numeros.numero) as beneficiaires
    from retours
    cross join numeros
    left join {{ ref('int_beneficiaires') }} as lus
        on
            retours.recepisse_id = lus.recepisse_id
            and numeros.public = lus.public
            and numeros.indicateur = lus.indicateur
            and numeros.sexe = lus.sexe
    group by retours.recepisse_id
),

gouvernance as (
    select
        retours.recepisse_id,
        array_agg(
            coalesce(
                case reponses.mesure
                    when 'reponses' then (lus.valeur_code is not null or lus.valeur_nombre is not null)::integer
                    when 'total' then lus.valeur_nombre
                    else (reponses.modalite = coalesce(lus.valeur_code, trim_scale(lus.valeur_nombre)::text))::integer
                end,
                0
            )::numeric
            order by reponses.numero
        ) as gouvernance
    from retours
    cross join {{ ref('int_reponses') }} as reponses
    left join {{ ref('int_gouvernance') }} as lus
        on retours.recepisse_id = lus.recepisse_id and reponses.question = lus.question
    group by retours.recepisse_id
),

partenaires as (
    select
        retours.recepisse_id,
        array_agg(lus.associe::integer::smallint order by listes.numero) as associes,
        array_agg(lus.cofinanceur::integer::smallint order by listes.numero) as cofinanceurs,
        array_agg(lus.satisfaction::smallint order by listes.numero) as notes
    from retours
    cross join {{ ref('int_listes') }} as listes
    left join {{ ref('int_partenariats') }} as lus
        on retours.recepisse_id = lus.recepisse_id and listes.code = lus.partenaire
    where retours.campagne and listes.liste = 'partenaires'
    group by retours.recepisse_id
)

select
    axes.recepisse_id,
    axes.axes,
    beneficiaires.beneficiaires,
    gouvernance.gouvernance,
    partenaires.associes,
    partenaires.cofinanceurs,
    partenaires.notes
from axes
inner join beneficiaires on axes.recepisse_id = beneficiaires.recepisse_id
inner join gouvernance on axes.recepisse_id = gouvernance.recepisse_id
left join partenaires on axes.recepisse_id = partenaires.recepisse_id
